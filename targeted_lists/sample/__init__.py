"""The sample dataset: an invented shop whose truth is known.

`python -m targeted_lists.sample` writes it; tests compare what the models find with
`data/sample/truth/`, which no model reads.
"""

from targeted_lists.sample.generate import Sample, draw_campaigns, generate_sample, write_sample
from targeted_lists.sample.order_export import render_order_export

__all__ = ["Sample", "draw_campaigns", "generate_sample", "render_order_export", "write_sample"]
