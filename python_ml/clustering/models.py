"""Fitted clusterings: small, written as text, and able to assign any customer."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from scipy.linalg import solve_triangular
from scipy.spatial.distance import cdist
from scipy.special import logsumexp

CHUNK = 20_000
"""Customers placed at a time, so that memory does not grow with their number."""


@dataclass(frozen=True)
class Prototypes:
    """Clusters as points; a customer is in the cluster of the nearest point.

    Attributes
    ----------
    features : names of the columns, in order.
    centers : points x features.
    clusters : number of the cluster of each point, from 1; several points may share one.
    shape : rows and columns of the map that the points form, where they are units of a map.
    """

    features: list[str]
    centers: np.ndarray
    clusters: np.ndarray
    shape: tuple[int, int] | None = None

    @property
    def k(self) -> int:
        """Number of clusters."""
        return int(self.clusters.max())

    def affinities(self, values: np.ndarray) -> tuple[np.ndarray, np.ndarray | None]:
        """Give customers x clusters distances, and no probabilities.

        Distances of customers who lack a feature are taken over the others, and scaled up to the
        full number of features.
        """
        distances = np.empty((len(values), self.k))
        clusters, to_points = self._measure(values)
        starts = np.searchsorted(clusters, np.arange(1, self.k + 1))
        for rows, measured in to_points:
            distances[rows] = np.minimum.reduceat(measured, starts, axis=1)
        return distances, None

    def nearest(self, values: np.ndarray) -> np.ndarray:
        """Give the number of the cluster of each customer; as near, the lowest."""
        numbers = np.empty(len(values), dtype=self.clusters.dtype)
        clusters, to_points = self._measure(values)
        for rows, measured in to_points:
            numbers[rows] = clusters[measured.argmin(axis=1)]
        return numbers

    def _measure(
        self, values: np.ndarray
    ) -> tuple[np.ndarray, Iterator[tuple[np.ndarray, np.ndarray]]]:
        """Give the clusters of the points in order, and distances to them, rows by rows."""
        order = np.argsort(self.clusters, kind="stable")
        centers = self.centers[order]
        return self.clusters[order], (
            (
                rows,
                np.sqrt(len(known) / max(known.sum(), 1))
                * cdist(values[np.ix_(rows, known)], centers[:, known]),
            )
            for rows, known in _by_what_is_known(values)
        )

    def renumbered(self, numbers: np.ndarray) -> "Prototypes":
        """Give cluster i + 1 the number `numbers[i]`; single points follow their numbers."""
        clusters = numbers[self.clusters - 1]
        if self.shape is not None or len(clusters) > self.k:
            return replace(self, clusters=clusters)
        order = np.argsort(clusters)
        return replace(self, centers=self.centers[order], clusters=clusters[order])

    def to_text(self) -> str:
        """Write the model as JSON; floats come back to the bit."""
        return json.dumps(
            {
                "kind": "prototypes",
                "features": self.features,
                "centers": self.centers.tolist(),
                "clusters": self.clusters.tolist(),
                "shape": self.shape,
            }
        )


@dataclass(frozen=True)
class Mixture:
    """Clusters as Gaussian densities; a customer is in the most probable one.

    Attributes
    ----------
    features : names of the columns, in order.
    weights : components.
    means : components x features.
    covariances : components x features x features.
    """

    features: list[str]
    weights: np.ndarray
    means: np.ndarray
    covariances: np.ndarray

    @property
    def k(self) -> int:
        """Number of clusters."""
        return len(self.weights)

    def affinities(self, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Give customers x clusters distances to the means, and posterior probabilities.

        Those of customers who lack a feature come from the marginal densities of the others.
        """
        distances = np.empty((len(values), self.k))
        posteriors = np.empty((len(values), self.k))
        for rows, known in _by_what_is_known(values):
            seen = values[np.ix_(rows, known)]
            factor = np.sqrt(len(known) / max(known.sum(), 1))
            distances[rows] = factor * cdist(seen, self.means[:, known])
            densities = self._log_densities(seen, known)
            posteriors[rows] = np.exp(densities - logsumexp(densities, axis=1, keepdims=True))
        return distances, posteriors

    def nearest(self, values: np.ndarray) -> np.ndarray:
        """Give the number of the most probable cluster of each customer."""
        numbers = np.empty(len(values), dtype=int)
        for rows, known in _by_what_is_known(values):
            densities = self._log_densities(values[np.ix_(rows, known)], known)
            numbers[rows] = densities.argmax(axis=1) + 1
        return numbers

    def _log_densities(self, seen: np.ndarray, known: np.ndarray) -> np.ndarray:
        return np.log(self.weights) + np.column_stack(
            [
                _log_density(seen, mean[known], covariance[np.ix_(known, known)])
                for mean, covariance in zip(self.means, self.covariances, strict=True)
            ]
        )

    def renumbered(self, numbers: np.ndarray) -> "Mixture":
        """Give component i the number `numbers[i]`, from 1."""
        order = np.argsort(numbers)
        return replace(
            self,
            weights=self.weights[order],
            means=self.means[order],
            covariances=self.covariances[order],
        )

    def to_text(self) -> str:
        """Write the model as JSON; floats come back to the bit."""
        return json.dumps(
            {
                "kind": "mixture",
                "features": self.features,
                "weights": self.weights.tolist(),
                "means": self.means.tolist(),
                "covariances": self.covariances.tolist(),
            }
        )


Model = Prototypes | Mixture


def read_model(text: str) -> Model:
    """Give back the model that `to_text` wrote."""
    parts = json.loads(text)
    width = len(parts["features"])
    if parts.pop("kind") == "mixture":
        return Mixture(
            features=parts["features"],
            weights=np.array(parts["weights"]),
            means=np.array(parts["means"]).reshape(-1, width),
            covariances=np.array(parts["covariances"]).reshape(-1, width, width),
        )
    return Prototypes(
        features=parts["features"],
        centers=np.array(parts["centers"], float).reshape(len(parts["centers"]), width),
        clusters=np.array(parts["clusters"]),
        shape=tuple(parts["shape"]) if parts["shape"] else None,
    )


def place(values: np.ndarray, model: Model) -> dict[str, np.ndarray]:
    """Place customers: `cluster`, `distance`, `probability` and `margin`, an array each.

    The margin, 0 to 1, shows how clear the case is: for points 1 - nearest / second nearest
    distance (0 halfway between two clusters, 1 on the point), for a mixture the difference of
    the two highest probabilities. Where there is one cluster it is 1.
    """
    parts = [_place(values[start : start + CHUNK], model) for start in _starts(len(values))]
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def label(values: np.ndarray, model: Model) -> np.ndarray:
    """Give the number of the cluster of each customer."""
    return np.concatenate(
        [model.nearest(values[start : start + CHUNK]) for start in _starts(len(values))]
    )


def _starts(n_rows: int) -> range:
    return range(0, max(n_rows, 1), CHUNK)


def _place(values: np.ndarray, model: Model) -> dict[str, np.ndarray]:
    distances, posteriors = model.affinities(values)
    scores = -distances if posteriors is None else posteriors
    rows = np.arange(len(values))
    best = scores.argmax(axis=1)
    distance = distances[rows, best]
    if scores.shape[1] == 1:
        margin = np.ones(len(values))
    else:
        ordered = np.partition(scores, -2, axis=1)[:, -2:]
        if posteriors is None:
            # Two clusters at distance 0 are as unclear as two at the same distance.
            second = -ordered[:, 0]
            margin = 1 - np.divide(distance, second, out=np.ones_like(second), where=second > 0)
        else:
            margin = ordered[:, 1] - ordered[:, 0]
    probability = np.full(len(values), np.nan) if posteriors is None else posteriors[rows, best]
    return {
        "cluster": best + 1,
        "distance": distance,
        "probability": probability,
        "margin": margin,
    }


def _by_what_is_known(values: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
    """Group the rows by which features are known: positions of the rows, mask of the features."""
    known = ~np.isnan(values)
    is_whole = known.all(axis=1)
    groups = [(np.flatnonzero(is_whole), np.ones(values.shape[1], bool))]
    if not is_whole.all():
        partial = np.flatnonzero(~is_whole)
        patterns, group = np.unique(known[partial], axis=0, return_inverse=True)
        groups += [(partial[group.ravel() == n], pattern) for n, pattern in enumerate(patterns)]
    return groups


def _log_density(values: np.ndarray, mean: np.ndarray, covariance: np.ndarray) -> np.ndarray:
    root = np.linalg.cholesky(covariance)
    standardised = solve_triangular(root, (values - mean).T, lower=True)
    constant = len(mean) * np.log(2 * np.pi) / 2 + np.log(np.diag(root)).sum()
    return -constant - (standardised**2).sum(axis=0) / 2
