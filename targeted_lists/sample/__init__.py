"""The sample dataset: an invented shop whose truth is known.

`python -m targeted_lists.sample` writes it; tests compare what the models find with
`data/sample/truth/`, which no model reads.
"""

from targeted_lists.sample.generate import Sample, generate_sample, write_sample

__all__ = ["Sample", "generate_sample", "write_sample"]
