"""What the functions share: checking, ordering and typing data frames."""

from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd


def check_columns(frame: pd.DataFrame, *, columns: Iterable[str], name: str) -> None:
    """Raise ValueError, naming what is missing, unless `frame` has all `columns`."""
    missing = sorted(set(columns) - set(frame.columns))
    if missing:
        raise ValueError(f"{name} lacks {', '.join(missing)}; it has {', '.join(frame.columns)}")


def sort_by_key(
    frame: pd.DataFrame, *, key: str, name: str, then_by: Iterable[str] | None = None
) -> pd.DataFrame:
    """Rows of `frame` in key order, with a fresh index.

    Parameters
    ----------
    then_by : columns that order the rows of one key; without it the key must be unique.

    Raises
    ------
    ValueError : a key is missing, or occurs twice where it must be unique.
    """
    if frame[key].isna().any():
        raise ValueError(f"{name} has {frame[key].isna().sum()} rows without {key}")
    if then_by is None and frame[key].duplicated().any():
        twice = frame.loc[frame[key].duplicated(), key].min()
        raise ValueError(f"{name} has {key} {twice} more than once")
    columns = list(dict.fromkeys([key, *(then_by or ())]))
    return frame.sort_values(columns, kind="stable", ignore_index=True)


def to_floats(frame: pd.DataFrame, *, columns: list[str]) -> pd.DataFrame:
    """Give the `columns` as float64, whatever their numeric type; infinite values are missing.

    Raises
    ------
    ValueError : a column is not numeric.
    """
    floats = {}
    for column in columns:
        try:
            floats[column] = frame[column].astype("Float64").to_numpy(float, na_value=np.nan)
        except (TypeError, ValueError) as error:
            raise ValueError(f"column {column} is not numeric: {error}") from error
    return pd.DataFrame(floats, index=frame.index).replace([np.inf, -np.inf], np.nan)


def signed_log1p(values: np.ndarray) -> np.ndarray:
    """sign(x) ln(1 + |x|): tames long tails and keeps zero, sign and order."""
    return np.sign(values) * np.log1p(np.abs(values))


def key_type(frame: pd.DataFrame, *, key: str) -> object:
    """Type of the key, as it is given back.

    An empty column of texts reaches Python as `object`, which no database can insert: it is `str`.
    """
    return "str" if frame.empty and frame[key].dtype == object else frame[key].dtype


def to_typed(rows: pd.DataFrame | list[dict], *, types: Mapping[str, object]) -> pd.DataFrame:
    """Give the columns of `types`, in their order and types, also when there are no rows."""
    return pd.DataFrame(rows).reindex(columns=list(types)).astype(dict(types))
