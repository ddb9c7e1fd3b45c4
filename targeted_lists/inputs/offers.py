"""The offers of a list that has several, as `offers` in `dataset.yml` says them."""

from __future__ import annotations

from typing import Any

from targeted_lists.inputs.list_values import find_value_fault

NEEDED = ("offer", "offer_cost")
COLUMNS = ("offer", "offer_ru", "offer_cost")


def find_offer_fault(lists: dict[Any, Any]) -> str | None:
    """Say which offer cannot be used; None if all can.

    Parameters
    ----------
    lists : list -> variant -> `offer`, `offer_cost` and, if wanted, `offer_ru`, as YAML has them.

    Examples
    --------
    >>> find_offer_fault({"win_back": {"gift": {"offer": "A gift", "offer_cost": 2}}})
    >>> find_offer_fault({"win_back": {"gift": {"offer": "A gift"}}})
    'the offer gift of win_back lacks offer_cost'
    """
    for name, variants in lists.items():
        if not isinstance(variants, dict) or not variants:
            return (
                f"offers of {name} is a list of `name: {{offer: A gift, offer_cost: 2.50}}` "
                f"lines, not {variants!r}"
            )
        for variant, said in variants.items():
            if fault := find_variant_fault(name, variant, said):
                return fault
    return None


def find_variant_fault(name: Any, variant: Any, said: Any) -> str | None:
    """Say why one offer of a list cannot be used; None if it can."""
    if not isinstance(variant, str) or not variant.strip():
        return (
            f"the name {variant!r} of an offer of {name} is no text; write it in double quotes, "
            "as the arms of its campaigns bear it"
        )
    given = said if isinstance(said, dict) else {}
    if extra := sorted(map(str, given.keys() - set(COLUMNS))):
        return f"the offer {variant} of {name} may have {', '.join(COLUMNS)}, not {extra[0]}"
    if lacking := [column for column in NEEDED if given.get(column) in (None, "")]:
        return f"the offer {variant} of {name} lacks {' and '.join(lacking)}"
    fault = find_value_fault(read_offer(given))
    return f"of the offer {variant} of {name}, {fault.rstrip('.')}" if fault else None


def read_offer(said: dict[str, Any]) -> dict[str, str]:
    """Return the cells of an offer as texts, empty where nothing is said."""
    return {
        column: "" if said.get(column) is None else str(said[column]).strip() for column in COLUMNS
    }
