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
from python_ml.keeping import Packed, UnreadableModelError, pack, unpack
from targeted_lists.learning.models import FRAMES, erase_in_model, pack_trained, unpack_trained


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
    without, removed = erase_in_model(content, {"c1", "nobody"}.__contains__)
    assert removed == (trained.predictions["customer_id"] == "c1").sum() > 0
    left = unpack_trained.__wrapped__(without).predictions["customer_id"]
    assert "c1" not in set(left)


def test_a_pickle_is_not_opened():
    for content in (pickle.dumps(Trap()), b"", b"PK\x03\x04 half a zip"):
        with pytest.raises(UnreadableModelError):
            unpack(content)


def test_what_is_not_trusted_is_not_made():
    content = io.BytesIO(pack(Packed(None, {}, {})))
    with zipfile.ZipFile(content) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    parts["model.skops"] = skops.io.dumps({"one": np.float64(1), "two": Trap})
    changed = io.BytesIO()
    with zipfile.ZipFile(changed, "w") as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    with pytest.raises(UnreadableModelError, match="UntrustedTypes"):
        unpack(changed.getvalue())
