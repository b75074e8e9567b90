"""What is stored of the rules: rulebooks with their rules, situations and statements."""

from policies.models.rule import Rule
from policies.models.rulebook import Rulebook
from policies.models.situation import Situation, Statement

__all__ = ["Rule", "Rulebook", "Situation", "Statement"]
