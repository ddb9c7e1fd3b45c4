"""Functions for customer modelling: data frame in, data frame out.

`clustering` groups customers and says whether a clustering is accepted, `baskets` finds what is
bought together, `classification` predicts a yes-or-no outcome and names the reasons.

Every function takes keyword-only parameters, returns the keys it was given, gives typed columns
even where there is nothing to return, sorts its rows by key and runs on one numerical thread, so
that neither the order of the rows nor the machine's cores change a result. Unusable columns
raise `ValueError`; data from which nothing can be learned give a result, with its reason, not an
error. The package knows no dbt, no database and no file.
"""

import pandas as pd

# Strings alike whether pyarrow is installed, as with the extra `explore`, or not.
pd.set_option("mode.string_storage", "python")
