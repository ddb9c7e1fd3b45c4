-- Of equal methods the simplest is taken.
select
    known.method,
    known.simplicity,
    cuts.k
from (values
    ('popularity', 1),
    ('segment', 2),
    ('cosine', 3),
    ('rules', 4),
    ('rules_then_segment', 5)
) as known (method, simplicity)
cross join (values (1), (5), (10)) as cuts (k)
