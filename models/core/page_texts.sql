-- Published, so that the page can be made from the published file alone.
with

texts as (

    select * from {{ ref('dashboard_texts') }}

)

select
    texts.key,
    texts.en,
    texts.ru
from texts
