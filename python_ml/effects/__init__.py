"""What a message changes for each person, learned from past campaigns."""

from python_ml.effects.learning import EFFECT_TYPES, learn_effects, no_contacts

__all__ = ["EFFECT_TYPES", "learn_effects", "no_contacts"]
