"""What a run reached is read from its folder, in the form that `training/run_folder.py` documents."""

import json
from pathlib import Path

import pytest

from causerie.errors import ConfigError, DataError
from causerie.planning.asked import Gpu
from causerie.planning.assumptions import Assumptions
from causerie.planning.calibration import calibrate
from causerie.planning.plan import make_plan
from tests.planning.planned import small_run

PEAK, FLOPS_PER_TOKEN = 2e12, 1e9


def write_run(folder: Path, seconds: list[float], *, share: bool = True, pause_s: float = 0.0) -> Path:
    """A run of 1,000 tokens a step, each of so many seconds, with a pause after every fourth."""
    rows: list[object] = [{"kind": "start", "step": 0, "time": 1000.0, "steps": len(seconds)}]
    spent, now = 0.0, 1000.0
    for step, took in enumerate(seconds, 1):
        spent, now = spent + took, now + took + (pause_s if step % 4 == 0 else 0.0)
        rate = 1000 / took
        rows.append({
            "kind": "step", "step": step, "time": now, "tokens": 1000 * step, "tokens_per_s": rate, "loss": 3.0,
            "flops": 1000 * step * FLOPS_PER_TOKEN, "seconds": spent,
            "peak_share": rate * FLOPS_PER_TOKEN / PEAK if share else 0.0,
        })  # fmt: skip
        rows.append({"kind": "checkpoint", "step": step, "time": now})
    folder.mkdir(parents=True)
    lines = [json.dumps(row) for row in rows]
    (folder / "metrics.jsonl").write_text("\n".join([*lines, '{"kind": "step", "st']), encoding="utf-8")
    (folder / "versions.json").write_text(json.dumps({"machine": "x86_64", "cores": "2"}), encoding="utf-8")
    return folder


def test_a_steady_run_gives_its_own_speed(tmp_path: Path) -> None:
    found = calibrate(write_run(tmp_path / "run", [1.0] * 40))
    assert found.flops_per_s == pytest.approx((1e12, 1e12, 1e12))
    assert found.peak_flops_per_s == pytest.approx(PEAK)
    assert found.utilisation == pytest.approx((0.5, 0.5, 0.5))
    assert (found.run, found.device, found.steps) == ("run", "x86_64, 2 cores", 36)
    assert found.other_loss == pytest.approx(0.0, abs=1e-9)


def test_the_first_steps_are_left_out_and_pauses_are_counted(tmp_path: Path) -> None:
    found = calibrate(write_run(tmp_path / "run", [60.0] * 4 + [1.0, 1.0, 2.0, 2.0] * 9, pause_s=1.5))
    assert found.flops_per_s.expected == pytest.approx(1e12 / 1.5, rel=0.03)
    assert found.flops_per_s.good == pytest.approx(1e12)
    assert found.flops_per_s.bad == pytest.approx(5e11)
    assert found.other_loss == pytest.approx(0.2, abs=0.02)


def test_a_plan_of_the_same_machine_takes_as_long_as_the_run_did(tmp_path: Path) -> None:
    took = [1.0, 1.2, 0.9] * 40
    found = calibrate(write_run(tmp_path / "run", took, pause_s=0.4))
    run = small_run(tokens=120_000, context=100, batch=10)
    per_token = run.network.flops_per_token
    plan = make_plan(run, found.machine(), 1, found.assumptions(transferred=False))
    # The same operations as the run did, at its speed and with its pauses.
    measured_s = (sum(took) + 0.4 * 30) * per_token / FLOPS_PER_TOKEN
    assert plan.expected.days * 86_400 == pytest.approx(measured_s, rel=0.1)


def test_where_another_gpu_is_planned_the_share_is_of_its_sheet(tmp_path: Path) -> None:
    found = calibrate(write_run(tmp_path / "run", [1.0] * 40))
    known = found.assumptions(transferred=True)
    assert known.utilisation.expected == pytest.approx(0.5 * Assumptions().kernel_share.expected)
    assert known.kernel_share == Assumptions().kernel_share


def test_a_machine_that_was_not_measured_is_planned_by_what_it_reached(tmp_path: Path) -> None:
    folder = write_run(tmp_path / "run", [1.0] * 40, share=False)
    (folder / "versions.json").write_text("nonsense", encoding="utf-8")
    found = calibrate(folder)
    machine = found.machine()
    assert isinstance(machine, Gpu)
    assert machine.flops_per_s["bfloat16"] == pytest.approx(1e12)
    assert machine.name == "a machine that is not named"
    assert found.utilisation.expected == 1.0


def test_a_gpu_is_named(tmp_path: Path) -> None:
    folder = write_run(tmp_path / "run", [1.0] * 40)
    (folder / "versions.json").write_text(json.dumps({"device": "NVIDIA H100"}), encoding="utf-8")
    assert calibrate(folder).device == "NVIDIA H100"


def test_a_folder_without_a_run_and_a_run_that_is_too_short_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"is no run: there is no metrics\.jsonl"):
        calibrate(tmp_path)
    with pytest.raises(DataError, match="took 4 steps that can be used, and 8 are needed"):
        calibrate(write_run(tmp_path / "short", [1.0] * 5))
    still = write_run(tmp_path / "still", [1.0] * 40)
    path = still / "metrics.jsonl"
    rows = [json.loads(line) for line in path.read_text().splitlines()[:-1]]
    path.write_text("\n".join(json.dumps(row | {"seconds": 1.0}) for row in rows) + "\n[1]\n")
    with pytest.raises(DataError, match="say no time that passed"):
        calibrate(still)
