"""Fitted models as bytes that can be opened without running what is in them.

A pickle is a program: whoever can change one runs what they like where it is opened. Here a
model is a zip of arrays, numbers and names (skops), and of the names only those of Accepted are
created; frames are arrays too.
"""

import io
import json
import re
import zipfile
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import skops.io

# Next to what skops trusts by itself: numpy's and scikit-learn's public classes. Only types are
# checked: whoever forges the arrays of a tree can still crash the process, and run nothing in
# it.
TRUSTED = [
    "numpy.dtype",
    "python_ml.classification.models.Calibrated",
    "python_ml.classification.models.SampledSVC",
    "python_ml.classification.models._log_columns",
    "python_ml.frames.signed_log1p",
    "python_ml.new_customers.items.Items",
    "python_ml.new_customers.methods.ChoiceModel",
    "python_ml.new_customers.methods.ClassModel",
    "python_ml.new_customers.methods.SpendRule",
    "sklearn.calibration._SigmoidCalibration",
    "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
    "sklearn.metrics._dist_metrics.EuclideanDistance64",
    "sklearn.neighbors._kd_tree.KDTree",
    "sklearn.neural_network._stochastic_optimizers.AdamOptimizer",
    "sklearn.tree._tree.Tree",
]
_MODEL, _FACTS, _FRAME = "model.skops", "facts.json", "frames/{}.npz"
_SCHEMA = "schema.json"
# An object's number in skops, and the name of the file of an array.
_ADDRESS = re.compile(r'(?<="__id__": )\d+|(?<="file": ")\d+')
_TIMES = "datetime64[us]"
# The same bytes for the same model, whenever it is packed.
_NO_TIME = (1980, 1, 1, 0, 0, 0)


class UnreadableModelError(ValueError):
    """Bytes that are not a model, or contain what is not accepted."""


@dataclass(frozen=True)
class Packed:
    """What is packed together.

    Attributes
    ----------
    model : anything that skops knows or that is in Accepted. facts : what JSON can hold.
    frames : by name; columns of numbers, truths, texts and times.
    """

    model: Any
    facts: dict[str, Any]
    frames: dict[str, pd.DataFrame]


def pack(packed: Packed) -> bytes:
    """Return a model with its facts and frames as bytes."""
    return _zip(
        {
            _MODEL: _number(skops.io.dumps(packed.model)),
            _FACTS: json.dumps(packed.facts, sort_keys=True).encode(),
            **{_FRAME.format(name): _pack_frame(one) for name, one in packed.frames.items()},
        }
    )


def unpack(content: bytes) -> Packed:
    """Return what was packed.

    Raises
    ------
    UnreadableModelError : the bytes are not of `pack`, or of other versions; nothing was run.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            model = skops.io.loads(archive.read(_MODEL), trusted=TRUSTED)
            facts = json.loads(archive.read(_FACTS))
            head, tail = _FRAME.split("{}")
            frames = {
                name.removeprefix(head).removesuffix(tail): _unpack_frame(archive.read(name))
                for name in archive.namelist()
                if name.startswith(head)
            }
    # Whatever damaged bytes may make of the readers; they raise and run nothing.
    except Exception as error:
        raise UnreadableModelError(f"no model that can be opened ({type(error).__name__})") from (
            error
        )
    return Packed(model, facts, frames)


def _number(content: bytes) -> bytes:
    """Give the parts of a model of skops numbers in order, where it calls them by their address.

    Else the same model would be other bytes in each process.
    """
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    schema = parts.pop(_SCHEMA).decode()
    numbers: dict[str, str] = {}
    for address in _ADDRESS.findall(schema):
        numbers.setdefault(address, str(len(numbers)))
    schema = _ADDRESS.sub(lambda found: numbers[found.group()], schema)
    named = {
        numbers[name.partition(".")[0]] + "." + name.partition(".")[2]: data
        for name, data in parts.items()
    }
    in_order = dict(sorted(named.items(), key=lambda one: int(one[0].partition(".")[0])))
    return _zip({**in_order, _SCHEMA: schema.encode()}, is_compressed=False)


def _zip(parts: dict[str, bytes], *, is_compressed: bool = True) -> bytes:
    content = io.BytesIO()
    kind = zipfile.ZIP_DEFLATED if is_compressed else zipfile.ZIP_STORED
    with zipfile.ZipFile(content, "w", kind) as archive:
        for name, data in parts.items():
            archive.writestr(zipfile.ZipInfo(name, _NO_TIME), data, kind)
    return content.getvalue()


def _pack_frame(frame: pd.DataFrame) -> bytes:
    """Return a frame as arrays; texts are JSON, for arrays of them would be pickles."""
    arrays, texts, types = {}, {}, {}
    for place, (name, column) in enumerate(frame.items()):
        types[str(name)] = str(column.dtype)
        if pd.api.types.is_string_dtype(column) or column.dtype == object:
            values = [None if pd.isna(value) else value for value in column]
            texts[str(place)] = values
        elif pd.api.types.is_datetime64_any_dtype(column):
            arrays[str(place)] = column.to_numpy(_TIMES)
        else:
            arrays[str(place)] = column.to_numpy()
    told = json.dumps({"types": types, "texts": texts, "rows": len(frame)})
    parts = {"told": np.frombuffer(told.encode(), dtype=np.uint8), **arrays}
    return _zip({f"{name}.npy": _array_bytes(array) for name, array in parts.items()})


def _array_bytes(array: np.ndarray) -> bytes:
    content = io.BytesIO()
    np.save(content, array, allow_pickle=False)
    return content.getvalue()


def _unpack_frame(content: bytes) -> pd.DataFrame:
    with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
        told = json.loads(arrays["told"].tobytes())
        columns = {
            name: pd.Series(told["texts"][str(place)], dtype=kind, index=range(told["rows"]))
            if str(place) in told["texts"]
            else pd.Series(arrays[str(place)]).astype(kind)
            for place, (name, kind) in enumerate(told["types"].items())
        }
        return pd.DataFrame(columns, index=range(told["rows"]))
