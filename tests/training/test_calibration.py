"""Expected calibration error."""

from __future__ import annotations

import numpy as np
import pytest

from rag.training.calibration import measure_calibration_error


def test_right_as_often_as_sure_is_no_error() -> None:
    confidence = np.array([0.75] * 4 + [0.25] * 4)
    right = np.array([True, True, True, False, True, False, False, False])
    assert measure_calibration_error(confidence, right) == pytest.approx(0.0)


def test_gaps_are_weighed_by_their_share() -> None:
    confidence = np.array([1.0, 1.0, 0.55, 0.55])
    right = np.array([False, False, True, False])
    assert measure_calibration_error(confidence, right) == pytest.approx(0.5 * 1.0 + 0.5 * 0.05)
