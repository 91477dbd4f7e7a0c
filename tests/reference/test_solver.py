"""The solver of the reference: what it records, and that networks learn as published."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpynn.classifiers.fc_net import FullyConnectedNet, TwoLayerNet
from numpynn.data_utils import get_CIFAR10_data
from numpynn.solver import Solver

Data = dict[str, np.ndarray]


class Recorder:
    """A model whose scores for class 1 are its parameter, and whose gradient is always 1."""

    def __init__(self, w: float = 0.0) -> None:
        self.params = {"w": np.array([w])}
        self.batches: list[np.ndarray] = []

    def loss(self, X: np.ndarray, y: np.ndarray | None = None) -> Any:
        self.batches.append(X)
        if y is None:
            return np.column_stack([np.zeros(len(X)), np.full(len(X), self.params["w"])])
        return float(self.params["w"][0]), {"w": np.ones(1)}


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> Data:
    """Return generated images, wherever the tests are run."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("nothing-here"))
        return get_CIFAR10_data()


def first(data: Data, count: int) -> Data:
    return data | {"X_train": data["X_train"][:count], "y_train": data["y_train"][:count]}


def toy_data(size: int = 20) -> Data:
    X, y = np.arange(float(size))[:, np.newaxis], np.arange(size) % 2
    return {"X_train": X, "y_train": y, "X_val": X[:4], "y_val": np.ones(4, dtype=int)}


def trained(model: Any, data: Data, **options: Any) -> Solver:
    np.random.seed(231)
    solver = Solver(model, data, verbose=False, **options)
    solver.train()
    return solver


def test_histories() -> None:
    solver = trained(Recorder(), toy_data(), batch_size=6, num_epochs=4)
    assert len(solver.loss_history) == 4 * (20 // 6)
    assert len(solver.train_acc_history) == len(solver.val_acc_history) == 4 + 1
    assert solver.epoch == 4


def test_batches_are_drawn_at_random_from_the_training_data() -> None:
    model = Recorder()
    trained(model, toy_data(), batch_size=6, num_epochs=1)
    batch = model.batches[0]
    assert batch.shape == (6, 1)
    assert set(batch.ravel()) <= set(range(20))
    assert set(batch.ravel()) != set(range(6))


def test_learning_rate_decays_after_every_epoch() -> None:
    config = {"learning_rate": 1.0}
    options = {"optim_config": config, "lr_decay": 0.5, "batch_size": 10, "num_epochs": 3}
    solver = trained(Recorder(), toy_data(), **options)
    np.testing.assert_allclose(-np.diff(solver.loss_history), [1, 1, 0.5, 0.5, 0.25])
    assert config == {"learning_rate": 1.0}


def test_the_best_parameters_are_kept() -> None:
    # The validation labels are all 1: right while w > 0, which is so for the first epochs only.
    model = Recorder(w=2.5)
    options: dict[str, Any] = {"optim_config": {"learning_rate": 1.0}, "batch_size": 20}
    solver = trained(model, toy_data(), num_epochs=5, **options)
    assert solver.val_acc_history == [1, 1, 1, 0, 0, 0]
    assert solver.best_val_acc == 1
    assert solver.best_params["w"] == model.params["w"] == 1.5
    assert solver.best_params["w"] is not model.params["w"]


def test_every_parameter_has_state_of_its_own() -> None:
    net = FullyConnectedNet([4], input_dim=1, num_classes=2)
    solver = trained(net, toy_data(), update_rule="adam", num_epochs=2, batch_size=10)
    assert {name: config["m"].shape for name, config in solver.optim_configs.items()} == {
        name: param.shape for name, param in net.params.items()
    }
    assert all(config["t"] == 4 for config in solver.optim_configs.values())


def test_accuracy() -> None:
    model = Recorder(w=1.0)
    solver = Solver(model, toy_data())
    X, y = np.zeros((250, 1)), np.arange(250) % 5 == 0
    assert solver.check_accuracy(X, y) == 0.2
    assert [len(batch) for batch in model.batches] == [100, 100, 50]

    model.batches.clear()
    accuracy = solver.check_accuracy(X, y, num_samples=60)
    assert sum(map(len, model.batches)) == 60
    assert accuracy == pytest.approx(0.2, abs=0.2)


def test_sizes_of_the_samples() -> None:
    model = Recorder()
    trained(model, toy_data(), num_train_samples=7, num_val_samples=3, num_epochs=1, batch_size=20)
    assert [len(batch) for batch in model.batches] == [20, 7, 3, 7, 3]


def test_checkpoints_can_be_read_back(tmp_path: Path) -> None:
    model = Recorder()
    options: dict[str, Any] = {"num_epochs": 2, "batch_size": 20}
    solver = trained(model, toy_data(), checkpoint_name=str(tmp_path / "toy"), **options)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "toy_epoch_1.npz",
        "toy_epoch_2.npz",
    ]
    with np.load(tmp_path / "toy_epoch_2.npz", allow_pickle=False) as checkpoint:
        np.testing.assert_allclose(checkpoint["w"], -0.02)
        np.testing.assert_array_equal(checkpoint["loss_history"], solver.loss_history)


def test_a_seed_repeats_a_training() -> None:
    runs = []
    for _ in range(2):
        np.random.seed(3)
        net = TwoLayerNet(input_dim=1, num_classes=2)
        runs.append(trained(net, toy_data(), batch_size=5).loss_history)
    assert runs[0] == runs[1]


def test_progress_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    Solver(Recorder(), toy_data(), num_epochs=2, batch_size=5, print_every=3).train()
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(":")[0] for line in lines] == [
        *("step 1/8", "epoch 0/2", "step 4/8", "epoch 1/2", "step 7/8", "epoch 2/2")
    ]


@pytest.mark.parametrize("name", ["sdg", "np", ""])
def test_unknown_update_rule_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="update rule"):
        Solver(Recorder(), toy_data(), update_rule=name)


@pytest.mark.parametrize(
    ("hidden_dims", "weight_scale", "learning_rate"),
    [([100, 100], 2e-2, 8e-3), ([100] * 4, 5e-2, 5e-3)],
)
def test_nets_overfit_fifty_images(
    hidden_dims: list[int], weight_scale: float, learning_rate: float, images: Data
) -> None:
    np.random.seed(0)
    net = FullyConnectedNet(hidden_dims, weight_scale=weight_scale, dtype=np.float64)
    config = {"learning_rate": learning_rate}
    solver = trained(net, first(images, 50), batch_size=25, num_epochs=20, optim_config=config)
    assert max(solver.train_acc_history) == 1


def test_two_layer_net_classifies_half_of_the_validation_data(images: Data) -> None:
    np.random.seed(0)
    options = {"optim_config": {"learning_rate": 1e-3}, "lr_decay": 0.95}
    solver = trained(TwoLayerNet(), images, num_epochs=10, **options)
    assert 0.5 < solver.best_val_acc < 0.75


def test_momentum_ends_with_the_lower_loss(images: Data) -> None:
    final = {}
    for rule in ("sgd", "sgd_momentum"):
        np.random.seed(0)
        net = FullyConnectedNet([100] * 5, weight_scale=5e-2)
        options: dict[str, Any] = {"update_rule": rule, "optim_config": {"learning_rate": 5e-3}}
        solver = trained(net, first(images, 4000), num_epochs=5, **options)
        final[rule] = np.mean(solver.loss_history[-20:])
    assert final["sgd_momentum"] < final["sgd"] - 0.2


def test_batchnorm_trains_faster(images: Data) -> None:
    final = {}
    for normalization in (None, "batchnorm"):
        np.random.seed(0)
        net = FullyConnectedNet([100] * 5, weight_scale=2e-2, normalization=normalization)
        options: dict[str, Any] = {"update_rule": "adam", "optim_config": {"learning_rate": 1e-3}}
        solver = trained(net, first(images, 1000), num_epochs=10, batch_size=50, **options)
        final[normalization] = solver.train_acc_history[-1]
    assert final["batchnorm"] > final[None] + 0.05
