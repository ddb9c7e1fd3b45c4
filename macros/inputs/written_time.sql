{#
    A point in time as people and systems write it, as a timestamp in the shop's
    time; null where it is none. The fast way of cast_text comes first.

    A clock may have AM or PM; 24:00 is the next day. An offset or Z makes an
    instant, shown in the time zone of dataset.yml (`time_zone`, a name or an
    offset such as +02:00), else as it is written; without one a clock stays. A
    number of five digits counts the days of a spreadsheet. Of 01/02/2026 the day
    comes first or the month, as `date_order` says (day first, month first); where
    it says nothing the text is no date. Points part day, month and year in that
    order.

    written_time('ordered_at', {'date_order': 'day first', 'time_zone': '+02:00'})
    13/2/2026 7:29              2026-02-13 07:29:00
    2026-02-28T22:30:00Z        2026-03-01 00:30:00
    2026-03-08 10:05:00 PM      2026-03-08 22:05:00
    46082                       2026-03-01 00:00:00
#}
{%- macro written_time(text, settings) -%}
    {#- Years of two digits first: as one of four they would be of the first century. -#}
    {%- set days = [
        '%d.%m.%y', '%d.%m.%Y', '%d %b %y', '%d %b %Y', '%d-%b-%y', '%d-%b-%Y',
        '%b %d, %Y', '%b %d %Y', '%Y-%m-%d', '%Y/%m/%d', '%Y.%m.%d', '%Y%m%d',
    ] -%}
    {%- set order = settings.get('date_order') -%}
    {%- if order == 'day first' -%}
        {%- set days = ['%d/%m/%y', '%d/%m/%Y', '%d-%m-%y', '%d-%m-%Y'] + days -%}
    {%- elif order == 'month first' -%}
        {%- set days = ['%m/%d/%y', '%m/%d/%Y', '%m-%d-%y', '%m-%d-%Y'] + days -%}
    {%- endif -%}
    {%- set clocks = [
        '', ' %H:%M', ' %H:%M:%S', ' %H:%M:%S.%f', ' %I:%M:%S %p', ' %I:%M %p', ' %I:%M%p',
    ] -%}
    {%- set zone = settings.get('time_zone') -%}
    list_transform(
        [struct_pack(
            clock := regexp_replace(
                regexp_replace(
                    regexp_replace({{ text }}, '([0-9])T([0-9])', '\1 \2'),
                    '(:[0-9]{2}(?:[.][0-9]+)?(?:\s*[AaPp][Mm])?)\s*(?:Z|[+-][0-9]{2}:?[0-9]{0,2}|UTC|GMT)$', '\1'
                ),
                '\s24:00(:00)?$', ' 00:00:00'
            ),
            zone := regexp_extract(
                {{ text }},
                ':[0-9]{2}(?:[.][0-9]+)?(?:\s*[AaPp][Mm])?\s*(Z|[+-][0-9]{2}:?[0-9]{0,2}|UTC|GMT)$', 1
            ),
            is_next_day := regexp_matches({{ text }}, '\s24:00(:00)?$')
        )],
        lambda found: list_transform(
            [
                case
                    when regexp_matches(found.clock, '^[2-7][0-9]{4}([.,][0-9]+)?$')
                        then timestamp '1899-12-30'
                            + to_microseconds(cast(
                                cast(replace(found.clock, ',', '.') as double) * 86400 as bigint
                            ) * 1000000)
                    else
                        try_strptime(found.clock, [
                            {%- for day in days %}
                            {%- set last = loop.last %}
                            {%- for clock in clocks %}
                            {{ string_literal(day ~ clock) }}{{ ',' if not (last and loop.last) }}
                            {%- endfor %}
                            {%- endfor %}
                        ])
                end + to_days(cast(found.is_next_day as integer))
            ],
            lambda clock:
                {%- if zone %}
                case
                    when found.zone = '' then clock
                    else {{ in_zone('clock - ' ~ offset_of('found.zone'), zone) }}
                end
                {%- else %}
                clock
                {%- endif %}
        )[1]
    )[1]
{%- endmacro -%}


{#  The offset of a zone that is written as Z, UTC or +02:00, as an interval.  #}
{%- macro offset_of(zone) -%}
    to_minutes(cast(coalesce(try_cast(
        case when {{ zone }} like '-%' then '-' else '' end
        || (
            coalesce(try_cast(regexp_extract({{ zone }}, '^[+-]([0-9]{2})', 1) as integer), 0) * 60
            + coalesce(try_cast(regexp_extract({{ zone }}, '([0-9]{2})$', 1) as integer), 0)
            * (length(regexp_replace({{ zone }}, '[^0-9]', '', 'g')) // 4)
        ) as integer), 0) as integer))
{%- endmacro -%}


{#  A time of UTC on the clocks of a zone: a name, or an offset such as +02:00.  #}
{%- macro in_zone(time, zone) -%}
    {%- if modules.re.match('[+-]', zone) -%}
        ({{ time }} + {{ offset_of(string_literal(zone)) }})
    {%- else -%}
        timezone({{ string_literal(zone) }}, timezone('UTC', {{ time }}))
    {%- endif -%}
{%- endmacro -%}
