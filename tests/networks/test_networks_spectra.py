"""Weight matrices: their spectra, and a penalty on angles between rows with a known gradient."""

import pytest
import torch
from torch import nn

from gan_course.networks import orthogonal_penalty, spectra, spectral, weight_matrices


def test_the_penalty_is_the_sum_over_pairs_of_rows():
    torch.manual_seed(0)
    network = nn.Sequential(nn.Linear(3, 4), nn.Linear(4, 2)).double()
    wanted = 0.0
    for layer in network:
        rows = layer.weight.detach()
        wanted += sum(
            float(a @ b) ** 2 for i, a in enumerate(rows) for j, b in enumerate(rows) if i != j
        )
    assert orthogonal_penalty(network).item() == pytest.approx(wanted, rel=1e-12)


@pytest.mark.parametrize("layer", [nn.Linear(5, 4), nn.Conv2d(2, 6, 3)])
def test_its_gradient_is_the_closed_form(layer):
    layer = layer.double()
    orthogonal_penalty(layer).backward()
    W = layer.weight.detach().flatten(1)
    products = W @ W.T
    wanted = 4 * (products - products.diagonal().diag()) @ W
    assert torch.allclose(layer.weight.grad.flatten(1), wanted, atol=1e-12)


def test_orthogonal_rows_of_any_length_are_free():
    layer = nn.Linear(6, 3)
    with torch.no_grad():
        nn.init.orthogonal_(layer.weight)
        layer.weight.mul_(torch.tensor([[0.1], [1.0], [30.0]]))
    assert orthogonal_penalty(layer).item() == pytest.approx(0, abs=1e-6)


def test_more_rows_than_columns_cannot_be_orthogonal():
    """Five unit vectors in a plane: |W W^T|^2 is at least trace^2 / 2, whatever their angles."""
    torch.manual_seed(0)
    layer = nn.Linear(2, 5, bias=False).double()
    optimizer = torch.optim.SGD(layer.parameters(), lr=0.05)
    for _ in range(500):
        with torch.no_grad():
            layer.weight.div_(layer.weight.norm(dim=1, keepdim=True))
        optimizer.zero_grad()
        orthogonal_penalty(layer).backward()
        optimizer.step()
    with torch.no_grad():
        layer.weight.div_(layer.weight.norm(dim=1, keepdim=True))
    assert orthogonal_penalty(layer).item() == pytest.approx(5**2 / 2 - 5, rel=1e-3)


def test_matrices_are_the_trained_weights_with_one_row_per_output():
    plain = nn.Sequential(nn.Conv2d(2, 6, 3), nn.ConvTranspose2d(6, 4, 2), nn.BatchNorm2d(4))
    matrices = weight_matrices(plain)
    assert {k: tuple(v.shape) for k, v in matrices.items()} == {"0": (6, 18), "1": (4, 24)}
    assert torch.equal(matrices["1"][2], plain[1].weight[:, 2].flatten())
    before = {k: v.clone() for k, v in matrices.items()}
    normed = spectral(plain)
    assert all(torch.equal(before[k], v) for k, v in weight_matrices(normed).items())
    orthogonal_penalty(normed).backward()
    assert normed[0].parametrizations.weight.original.grad.abs().sum() > 0


def test_spectra_are_singular_values_the_largest_first():
    layer = nn.Linear(3, 3)
    with torch.no_grad():
        layer.weight.copy_(torch.diag(torch.tensor([2.0, -5.0, 1.0])))
    assert torch.allclose(spectra(nn.Sequential(layer))["0"], torch.tensor([5.0, 2.0, 1.0]))


def test_a_network_without_matrices_is_told():
    with pytest.raises(ValueError, match="linear or convolutional"):
        orthogonal_penalty(nn.BatchNorm2d(3))
