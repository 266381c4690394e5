"""The pretended device behaves as CUDA does: what passes there passes, what is refused is refused."""

import copy
import io

import numpy as np
import pretend_device
import pytest
import torch
from torch import nn
from torch.nn.functional import softplus

if not pretend_device.AVAILABLE:
    pytest.skip("needs a newer torch", allow_module_level=True)

MIXED = r"must be on the same device|[Ee]xpected all tensors to be on the same device"


@pytest.fixture
def device():
    """Pretend during one test."""
    with pretend_device.pretending() as device:
        yield device


def test_outside_torch_sees_no_device():
    with pretend_device.pretending():
        assert torch.accelerator.is_available()
    assert not torch.accelerator.is_available()
    assert torch.Generator is not pretend_device.Generator
    assert not torch.__future__.get_swap_module_params_on_conversion()
    assert torch.ones(2).sum() == 2


def test_a_tensor_says_where_it_is_and_holds_the_numbers_of_the_cpu(device):
    torch.manual_seed(0)
    here = torch.randn(3, 2, device=device)
    torch.manual_seed(0)
    there = torch.randn(3, 2)
    assert here.device == device and here.device.type == "pretend" and not here.is_cpu
    assert torch.equal(here.cpu(), there) and here.cpu().is_cpu
    assert here.tolist() == there.tolist() and here[0, 0].item() == there[0, 0].item()
    assert "pretend:0" in repr(here) and f"{here[0, 0]:.3f}" == f"{there[0, 0]:.3f}"


@pytest.mark.parametrize(
    "mix",
    [
        lambda here, there: here + there,
        lambda here, there: there + here,
        lambda here, there: there + here.sum(),
        lambda here, there: here @ there.T,
        lambda here, there: torch.cat([here, there]),
        lambda here, there: torch.stack([here.sum(), there.sum()]),
        lambda here, there: torch.where(there > 0, here, 0.0),
        lambda here, there: torch.where(here > 0, here, there),
        lambda here, there: torch.cdist(here, there),
        lambda here, there: torch.equal(here, there),
        lambda here, there: here.index_select(0, torch.tensor([0])),
        lambda here, there: here.gather(0, torch.zeros(1, 2, dtype=torch.int64)),
        lambda here, there: there[torch.tensor([0], device=here.device)],
        lambda here, there: here.index_put_((torch.tensor([0]),), there[:1]),
        lambda here, there: there.sum().add_(here.sum()),
        lambda here, there: there.mul_(here),
        lambda here, there: nn.Linear(2, 1)(here),
        lambda here, there: nn.Linear(2, 1).to(here.device)(there),
        lambda here, there: nn.functional.mse_loss(here, there),
        lambda here, there: nn.Embedding(3, 2).to(here.device)(torch.tensor([0])),
        lambda here, there: torch.isin(here, there),
        lambda here, there: torch.bucketize(here, there[0]),
        lambda here, there: here.quantile(torch.tensor([0.5])),
    ],
)
def test_tensors_of_two_devices_do_not_mix(device, mix):
    with pytest.raises(RuntimeError, match=MIXED):
        mix(torch.randn(3, 2, device=device), torch.randn(3, 2))


@pytest.mark.parametrize(
    "mix",
    [
        lambda here: here * torch.tensor(2.0),
        lambda here: torch.tensor(2.0) - here,
        lambda here: here.clone().add_(torch.tensor(2.0)),
        lambda here: torch.where(here > 0, here, torch.tensor(0.0)),
        lambda here: here.clamp(min=torch.tensor(0.0)),
        lambda here: here.masked_fill(here > 0, torch.tensor(0.0)),
        lambda here: torch.lerp(here, here, torch.tensor(0.5)),
        lambda here: here[torch.tensor([2, 0])],
        lambda here: here[torch.tensor([True, False, True])],
        lambda here: here[np.array([2, 0])],
        lambda here: here[[2, 0]],
        lambda here: here.clone().index_put_((torch.tensor([0]),), torch.tensor(1.0)),
        lambda here: torch.distributions.Normal(0.0, 1.0).log_prob(here),
    ],
)
def test_numbers_and_indices_of_the_cpu_may_mix_as_on_cuda(device, mix):
    torch.manual_seed(0)
    here = torch.randn(3, 2, device=device)
    assert mix(here).device == device
    assert torch.equal(mix(here).cpu(), mix(here.cpu()))


def test_assigning_through_indices_of_the_cpu_changes_the_tensor(device):
    x = torch.zeros(3, device=device)
    x[torch.tensor([0, 2])] = 1.0
    x[1] = torch.tensor(5.0)
    assert x.tolist() == [1, 5, 1]


def test_moves_between_devices(device):
    there = torch.arange(3.0)
    here = there.to(device)
    assert here.device == device and torch.equal(here.to("cpu"), there)
    assert here.double().device == device and here.to(torch.float64).dtype == torch.float64
    assert there.to(here).device == device and torch.zeros_like(here).device == device
    assert there.clone().copy_(here * 2).tolist() == [0, 2, 4]
    assert torch.as_tensor([1.0], device=device).device == device
    assert torch.tensor(3.0, device=device) == 3 and here.new_zeros(2).device == device


@pytest.mark.parametrize("convert", [lambda x: x.numpy(), np.asarray, lambda x: np.stack([x, x])])
def test_numpy_is_refused_in_the_words_of_cuda(device, convert):
    with pytest.raises(TypeError, match=r"can't convert pretend:0 device type tensor to numpy"):
        convert(torch.ones(3, device=device))
    assert convert(torch.ones(3, device=device).cpu()) is not None


def test_what_cuda_lacks_is_lacking(device):
    with pytest.raises(NotImplementedError, match="aten::histogram"):
        torch.histogram(torch.rand(5, device=device), 3)


def test_views_and_changes_in_place(device):
    x = torch.zeros(2, 3, device=device)
    x.T[0] += 1
    assert x.tolist() == [[1, 0, 0], [1, 0, 0]]
    assert x.unsqueeze_(0).shape == (1, 2, 3) and (x + 1).shape == (1, 2, 3)
    assert x.add_(1) is x and x.mul_(2).sum() == 16
    x.data += 1
    assert x.sum() == 22


def test_networks_move_there_and_back(device):
    net = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.Flatten(), nn.Linear(8, 1))
    x = torch.randn(5, 1, 4, 4)
    expected, moved = copy.deepcopy(net)(x), copy.deepcopy(net).to(device)
    assert {t.device for t in moved.state_dict().values()} == {device}
    assert isinstance(moved[0].weight, nn.Parameter) and moved[0].weight.requires_grad
    assert torch.allclose(moved(x.to(device)).cpu(), expected)
    assert torch.equal(moved.cpu()[1].running_mean, moved[1].running_mean) and net(x).is_cpu


def trained(device, **options):
    """Return a small network after ten steps of Adam, on the CPU."""
    torch.manual_seed(0)
    net, x = nn.Linear(3, 1).to(device), torch.randn(8, 3, device=device)
    adam = torch.optim.Adam(net.parameters(), lr=0.1, **options)
    for _ in range(10):
        adam.zero_grad()
        softplus(net(x)).mean().backward()
        assert net.weight.grad.device == torch.device(device)
        adam.step()
    return net.cpu().weight


@pytest.mark.parametrize("options", [{}, {"fused": True}, {"foreach": True}])
def test_optimizers_make_the_steps_of_the_cpu(device, options):
    assert torch.allclose(trained(device, **options), trained("cpu", **options), atol=1e-6)


def penalty(device):
    """Return a network's gradient of a gradient penalty."""
    torch.manual_seed(0)
    net = nn.Sequential(nn.Linear(2, 4), nn.Tanh(), nn.Linear(4, 1)).to(device)
    x = torch.randn(5, 2, device=device, requires_grad=True)
    (slope,) = torch.autograd.grad(net(x).sum(), x, create_graph=True)
    (slope.norm(dim=1) - 1).square().mean().backward()
    return net[0].weight.grad.cpu()


def test_gradients_of_gradients_are_those_of_the_cpu(device):
    assert torch.allclose(penalty(device), penalty("cpu"))


def test_bf16_autocast_is_let_through(device):
    with torch.autocast(device.type, torch.bfloat16):
        assert nn.Linear(2, 1).to(device)(torch.ones(3, 2, device=device)).device == device


def test_draws_follow_the_seed_and_the_state(device):
    state = torch.get_device_module(device).get_rng_state(device)
    first = torch.randn(3, device=device)
    torch.get_device_module(device).set_rng_state(state, device)
    assert torch.equal(first, torch.randn(3, device=device))
    torch.manual_seed(3)
    drawn = torch.rand(3, device=device)
    torch.manual_seed(3)
    assert torch.equal(drawn, torch.rand(3, device=device))
    with torch.random.fork_rng(devices=[0], device_type=device.type):
        torch.manual_seed(0)


def test_a_generator_draws_on_its_own_device_only(device):
    ours, cpus = torch.Generator(device).manual_seed(0), torch.Generator().manual_seed(0)
    assert ours.device == device and cpus.device == torch.device("cpu")
    drawn = torch.randn(3, device=device, generator=ours)
    assert torch.equal(drawn.cpu(), torch.randn(3, generator=cpus))
    with pytest.raises(RuntimeError, match="'pretend' device type for generator but found 'cpu'"):
        torch.randn(3, device=device, generator=cpus)
    with pytest.raises(RuntimeError, match="'cpu' device type for generator but found 'pretend'"):
        torch.randn(3, generator=ours)


@pytest.mark.parametrize("weights_only", [True, False])
def test_files_remember_the_device_unless_another_is_named(device, weights_only):
    net, file = nn.Linear(2, 1).to(device), io.BytesIO()
    adam = torch.optim.Adam(net.parameters())
    net(torch.ones(1, 2, device=device)).sum().backward(), adam.step()
    torch.save({"net": net.state_dict(), "adam": adam.state_dict()}, file)
    for place in (None, "cpu", device):
        file.seek(0)
        loaded = torch.load(file, map_location=place, weights_only=weights_only)
        assert loaded["net"]["weight"].device == torch.device(place or device)
        other = nn.Linear(2, 1).to(device)
        other.load_state_dict(loaded["net"])
        torch.optim.Adam(other.parameters()).load_state_dict(loaded["adam"])
        assert torch.equal(other.weight, net.weight) and other.weight.device == device


def test_copies_are_of_the_same_device_and_independent(device):
    net = nn.Linear(2, 1).to(device)
    twin = copy.deepcopy(net)
    twin.weight.data.zero_()
    assert twin.weight.device == device and net.weight.abs().sum() > 0
    assert isinstance(twin.weight, nn.Parameter)
