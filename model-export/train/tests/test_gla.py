import unittest

import torch
import torch.nn.functional as F

from gla import chunked_gla, naive_gla

LENGTHS = (1, 15, 16, 17, 63, 64, 65, 130)


def inputs(length, gate_logits):
    generator = torch.Generator().manual_seed(length)
    q, k, v = (torch.randn(2, length, 3, size, generator=generator) for size in (32, 32, 64))
    return [x.requires_grad_() for x in (q, k, v, gate_logits(torch.randn(2, length, 3, 32, generator=generator)))]


def forward_and_gradients(gla, tensors):
    q, k, v, gate = tensors
    output = gla(q, k, v, F.logsigmoid(gate) / 16)
    weight = torch.randn(output.shape, generator=torch.Generator().manual_seed(1))
    return [output, *torch.autograd.grad((output * weight).sum(), tensors)]


class GlaTest(unittest.TestCase):
    def assert_same(self, gate_logits, tolerance):
        for length in LENGTHS:
            tensors = inputs(length, gate_logits)
            chunked, naive = (forward_and_gradients(gla, tensors) for gla in (chunked_gla, naive_gla))
            for name, x, y in zip(("output", "dq", "dk", "dv", "dgate"), chunked, naive):
                error = ((x - y).norm() / y.norm().clamp(min=1e-9)).item()
                self.assertLess(error, tolerance, f"{name} at length {length}")

    def test_chunks_equal_the_naive_loop_forward_and_backward(self):
        self.assert_same(lambda noise: noise, 1e-6)

    def test_gates_of_plus_and_minus_eighty_stay_exact(self):
        self.assert_same(lambda noise: noise.sign() * 80, 2e-4)

    def test_closed_gates_give_finite_values_and_gradients(self):
        for result in forward_and_gradients(chunked_gla, inputs(64, lambda noise: noise * 0 - 1000)):
            self.assertTrue(torch.isfinite(result).all())


if __name__ == "__main__":
    unittest.main()
