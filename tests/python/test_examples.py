"""The examples in the docstrings of `python_ml` are right."""

from __future__ import annotations

import doctest
import importlib
import inspect
import pkgutil

import pytest

import python_ml
from python_ml import classification

MODULES = [
    "python_ml",
    *(module.name for module in pkgutil.walk_packages(python_ml.__path__, "python_ml.")),
]


def find_examples(module_name: str) -> dict[str, doctest.DocTest]:
    """Return the examples of a module and of its functions and classes, by their full names.

    `doctest.testmod` does not look at a function that is wrapped by a decorator of another module
    (`threadpool_limits.wrap`), and so would pass over most of them.
    """
    module = importlib.import_module(module_name)
    own = {
        f"{module_name}.{name}": value
        for name, value in vars(module).items()
        if (inspect.isfunction(value) or inspect.isclass(value))
        and value.__module__ == module_name
    }
    finder, flat_finder = doctest.DocTestFinder(), doctest.DocTestFinder(recurse=False)
    found = flat_finder.find(module, module_name)
    for name, value in own.items():
        one = finder if inspect.isclass(value) else flat_finder
        found += one.find(value, name, module=module, globs=dict(vars(module)))
    return {one.name: one for one in found if one.examples}


@pytest.mark.parametrize("module_name", MODULES)
def test_examples_are_right(module_name: str) -> None:
    runner = doctest.DocTestRunner()
    for example in find_examples(module_name).values():
        told: list[str] = []
        outcome = runner.run(example, out=told.append)
        assert outcome.attempted == len(example.examples)
        assert outcome.failed == 0, "".join(told)


def test_each_function_of_classification_has_an_example() -> None:
    functions = {
        f"{function.__module__}.{name}"
        for name in classification.__all__
        if inspect.isfunction(function := getattr(classification, name))
    }
    found = {name for module_name in MODULES for name in find_examples(module_name)}
    assert len(functions) == 16
    assert functions - found == set()


def test_examples_of_wrapped_functions_are_found() -> None:
    name = "python_ml.classification.scoring.score_customers"
    assert name in find_examples("python_ml.classification.scoring")
    assert "python_ml.chance.find_chance_factor" in find_examples("python_ml.chance")
