-- Of equal methods the simplest is taken.
select
    periods.period,
    regimes.regime,
    known.method,
    known.simplicity,
    cuts.k
from (values
    ('popularity', 1),
    ('segment', 2),
    ('frequency', 3),
    ('cosine', 4),
    ('bm25', 5),
    ('rules', 6),
    ('rules_then_segment', 7),
    ('user_knn', 8),
    ('ease', 9),
    ('tifu_knn', 10)
) as known (method, simplicity)
cross join (values ('validation'), ('test')) as periods (period)
cross join (values ('lists'), ('new'), ('all')) as regimes (regime)
cross join (values (1), (5), (10)) as cuts (k)
