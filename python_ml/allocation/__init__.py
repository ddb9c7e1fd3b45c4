"""Which list, offer and channel each customer gets where the lists share one budget.

`allocate` takes the candidates that passed the screening and gives each the offer that brings
most in all, under the budgets, the capacities and the customers' contact caps, or the reason why
there is none.
"""

from python_ml.allocation.allocating import ALLOCATION_TYPES, allocate

__all__ = ["ALLOCATION_TYPES", "allocate"]
