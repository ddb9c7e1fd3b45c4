"""A saved model is what was fitted, the same bytes each time, and runs nothing when opened."""

from __future__ import annotations

import io
import pickle
import zipfile

import numpy as np
import pandas as pd
import pytest
import skops.io

from python_ml.classification import MODELS, Columns, score_customers, train_classifier
from python_ml.keeping import MOVED, Packed, UnreadableModelError, pack, unpack
from targeted_lists.models import FRAMES, erase_in_model, pack_trained, unpack_trained


class Trap:
    """What a pickle would run."""

    def __reduce__(self):
        return (pytest.fail, ("it was run",))


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    generator = np.random.default_rng(1)
    frame = pd.DataFrame(generator.normal(size=(300, 2)), columns=["a", "b"])
    frame["group"] = generator.choice(["x", "y", None], 300)
    frame["customer_id"] = [f"c{number}" for number in range(300)]
    frame["previous_period_orders"] = generator.normal(size=300)
    frame["is_declined"] = (frame["a"] + generator.normal(size=300) / 4 > 0).astype(int)
    return frame


COLUMNS = Columns(features=["a", "b"], categories=["group"], log_features=["b"])


@pytest.mark.parametrize("model", MODELS)
def test_a_kept_model_scores_as_the_fitted_one(rows, model):
    trained = train_classifier(rows, columns=COLUMNS, models=[model], repeats=1)
    assert trained.fitted is not None
    content = pack_trained(trained)
    assert content == pack_trained(trained)
    saved = unpack_trained.__wrapped__(content)
    for name in FRAMES:
        pd.testing.assert_frame_equal(getattr(saved, name), getattr(trained, name))
    expected = score_customers(rows, trained=trained)
    pd.testing.assert_frame_equal(score_customers(rows, trained=saved), expected)
    without, removed = erase_in_model(content, {"c1", "nobody"})
    assert removed == (trained.predictions["customer_id"] == "c1").sum() > 0
    left = unpack_trained.__wrapped__(without).predictions["customer_id"]
    assert "c1" not in set(left)


def test_a_model_kept_before_its_classes_moved_is_opened(rows):
    trained = train_classifier(rows, columns=COLUMNS, models=["svc"], repeats=1)
    content = pack_trained(trained)
    earlier = content
    for old, new in MOVED.items():
        earlier = replace_in_schema(earlier, old=new, new=old)
    assert earlier != content
    pd.testing.assert_frame_equal(
        score_customers(rows, trained=unpack_trained.__wrapped__(earlier)),
        score_customers(rows, trained=trained),
    )


def replace_in_schema(content: bytes, *, old: str, new: str) -> bytes:
    """Return a packed model whose classes are said to be elsewhere."""
    parts = read_parts(content)
    model = read_parts(parts["model.skops"])
    model["schema.json"] = model["schema.json"].replace(f'"{old}"'.encode(), f'"{new}"'.encode())
    return write_parts({**parts, "model.skops": write_parts(model)})


def read_parts(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def write_parts(parts: dict[str, bytes]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return content.getvalue()


def test_a_pickle_is_not_opened():
    for content in (pickle.dumps(Trap()), b"", b"PK\x03\x04 half a zip"):
        with pytest.raises(UnreadableModelError):
            unpack(content)


def test_what_is_not_trusted_is_not_made():
    parts = read_parts(pack(Packed(None, {}, {})))
    parts["model.skops"] = skops.io.dumps({"one": np.float64(1), "two": Trap})
    with pytest.raises(UnreadableModelError, match="UntrustedTypes"):
        unpack(write_parts(parts))
