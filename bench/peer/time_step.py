"""Times the published PyTorch code's training step, to compare with `step/*` of `npm run bench`.

One measured step is what one call of our `Training.advance` does: slots that have halted take new puzzles, one supervision
step of the batch (H_cycles - 1 recursions without gradient, one with), the loss and its backward pass, the sign-SGD of the
puzzle embeddings, Adam-atan2 of everything else, the average of the weights, the metrics fetched. The model, the
loss, the puzzle embedding with its optimiser, and the EMA are imported from the checkout; nothing of it is copied here. Adam-atan2 is
not in the checkout, which imports the CUDA package `adam_atan2`: where that cannot be used, `AdamAtan2` below takes its place.

    PYTHON time_step.py --checkout DIR --spec JSON [--compile]

JSON: {"arch": {published keys of `arch:`, without `loss`}, "loss_type": ..., "data": {"vocab_size", "seq_len",
"num_puzzle_identifiers"}, "batch": B, "optimizer": {"lr", "beta1", "beta2", "weight_decay", "puzzle_emb_lr", "puzzle_emb_weight_decay",
"ema_rate"}, "timing": {"warm_up", "least", "most", "seconds"}, "threads": N}. `arch.forward_dtype` chooses float32 or bfloat16.

The last line of standard output is one JSON object: {"row": {...}} or {"problem": "...", "next": "..."}; the exit code is 0 or 2.
"""
import argparse
import json
import os
import statistics
import sys
import time
from pathlib import Path

NEEDED = ("models/recursive_reasoning/trm.py", "models/losses.py", "models/ema.py", "models/sparse_embedding.py")


class Refusal(Exception):
    """Something the driver cannot do; `next` says what to try."""

    def __init__(self, problem: str, next: str):
        super().__init__(problem)
        self.next = next


def check_checkout(checkout: Path) -> None:
    """Refuses a folder that is not a checkout of the published code."""
    missing = [name for name in NEEDED if not (checkout / name).is_file()]
    if missing:
        raise Refusal(f"{checkout} is not a checkout of the published code: it has no {missing[0]}", "Give the folder that holds `models/` and `pretrain.py`.")


def import_torch():
    """torch, or a refusal that names the package that is missing."""
    try:
        import einops, pydantic, torch  # noqa: F401,E401 - the checkout's models need the first two
    except ImportError as error:
        raise Refusal(f"{sys.executable} cannot import what the published models need: {error}", "Install torch, einops and pydantic there, or name another Python.") from None
    return torch


def adam_atan2(torch, parameters, options, compiled: bool):
    """The optimiser of the dense parameters, and its name for the report."""
    if parameters[0].is_cuda:
        try:
            from adam_atan2 import AdamATan2

            return AdamATan2(parameters, lr=options["lr"], betas=(options["beta1"], options["beta2"]), weight_decay=options["weight_decay"]), "adam_atan2"
        except ImportError:
            pass
    return AdamAtan2(torch, parameters, options, compiled), "the driver's, compiled" if compiled else "the driver's, torch._foreach"


class AdamAtan2:
    """Adam-atan2 over lists of tensors (torch._foreach), and with `compiled` fused by torch.compile like the model.

    m = lerp(m, g, 1 - beta1); v = lerp(v, g^2, 1 - beta2); p = p (1 - lr wd) - lr / (1 - beta1^t) atan2(m, sqrt(v) / sqrt(1 - beta2^t))
    """

    def __init__(self, torch, parameters, options, compiled: bool):
        self.torch, self.parameters, self.options, self.t = torch, parameters, options, 0
        self.m = [torch.zeros_like(p) for p in parameters]
        self.v = [torch.zeros_like(p) for p in parameters]
        beta1, beta2 = options["beta1"], options["beta2"]

        def update(p, g, m, v, decay, rate, correction):
            torch._foreach_lerp_(m, g, 1 - beta1)
            torch._foreach_mul_(v, beta2)
            torch._foreach_addcmul_(v, g, g, 1 - beta2)
            root = torch._foreach_sqrt(v)
            torch._foreach_mul_(root, correction)
            turn = [torch.atan2(a, b) for a, b in zip(m, root)]
            torch._foreach_mul_(turn, rate)
            torch._foreach_mul_(p, decay)
            torch._foreach_sub_(p, turn)

        self.update = torch.compile(update) if compiled else update

    def step(self) -> None:
        self.t += 1
        lr, beta1, beta2 = self.options["lr"], self.options["beta1"], self.options["beta2"]
        # As tensors: numbers that change at every step would be compiled in.
        scalar = lambda value: self.torch.tensor(value, dtype=self.torch.float32, device=self.parameters[0].device)  # noqa: E731
        with self.torch.no_grad():
            self.update(self.parameters, [p.grad for p in self.parameters], self.m, self.v,
                        scalar(1 - lr * self.options["weight_decay"]), scalar(lr / (1 - beta1**self.t)), scalar((1 - beta2**self.t) ** -0.5))

    def zero_grad(self) -> None:
        for p in self.parameters:
            p.grad = None


def peak_megabytes() -> float:
    """The most memory this process held at any time, in 10^6 bytes."""
    try:
        status = Path("/proc/self/status").read_text()
        return int(next(line for line in status.splitlines() if line.startswith("VmHWM:")).split()[1]) * 1024 / 1e6
    except (OSError, StopIteration):
        import resource

        used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return used / 1e6 if sys.platform == "darwin" else used * 1024 / 1e6


def repeated(work, warm_up: int, least: int, most: int, seconds: float) -> list:
    """Seconds of each repetition after the warm-up: at least `least`, at most `most`, none begun after `seconds`."""
    for _ in range(warm_up):
        work()
    began, times = time.perf_counter(), []
    while len(times) < most and (len(times) < least or time.perf_counter() - began < seconds):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return times


def matmul_rate(torch, dtype, device, finish) -> float:
    """GFLOP/s of one product of [1024, 512] and [512, 2048], as our own side measures it."""
    m, k, n = 1024, 512, 2048
    a, b = (torch.rand(shape, device=device).sub(0.5).to(dtype) for shape in ((m, k), (k, n)))

    def product():
        with torch.no_grad():
            a @ b
        finish()

    return 2 * m * k * n / 1e9 / statistics.median(repeated(product, 3, 10, 100, 3))


def measure(checkout: Path, spec: dict, compiled: bool, device: str) -> dict:
    began = time.perf_counter()
    torch = import_torch()
    sys.path.insert(0, str(checkout))
    try:
        from models.ema import EMAHelper
        from models.losses import ACTLossHead
        from models.recursive_reasoning.trm import TinyRecursiveReasoningModel_ACTV1
        from models.sparse_embedding import CastedSparseEmbeddingSignSGD_Distributed
    except ImportError as error:
        raise Refusal(f"the checkout's models cannot be imported: {error}", "Install what they ask for into that Python, or take another checkout.") from None
    if device == "cuda" and not torch.cuda.is_available():
        raise Refusal("this torch sees no CUDA device", "Leave --device out, or install a torch built for the machine's CUDA.")
    if device == "cpu":
        torch.set_num_threads(spec["threads"])
    finish = torch.cuda.synchronize if device == "cuda" else lambda: None
    torch.manual_seed(0)
    arch, data, options, batch_size = spec["arch"], spec["data"], spec["optimizer"], spec["batch"]

    with torch.device(device):
        head = ACTLossHead(TinyRecursiveReasoningModel_ACTV1({**arch, **data, "batch_size": batch_size, "causal": False}), loss_type=spec["loss_type"])
    head.train()
    model = torch.compile(head) if compiled else head
    embedding = CastedSparseEmbeddingSignSGD_Distributed(head.model.puzzle_emb.buffers(), lr=options["puzzle_emb_lr"], weight_decay=options["puzzle_emb_weight_decay"], world_size=1)
    dense, optimizer_name = adam_atan2(torch, list(head.parameters()), options, compiled)
    ema = EMAHelper(mu=options["ema_rate"])
    ema.register(head)

    # Tokens that are neither PAD nor blank; eight batches in turn, so that no step sees the data of the one before.
    tokens = lambda: torch.randint(2, data["vocab_size"], (batch_size, data["seq_len"]), dtype=torch.int32)  # noqa: E731
    batches = [{"inputs": tokens(), "labels": tokens(), "puzzle_identifiers": torch.zeros(batch_size, dtype=torch.int32)} for _ in range(8)]
    carry, steps, metrics = None, 0, {}

    def step():
        nonlocal carry, steps, metrics
        batch = {name: values.to(device) for name, values in batches[steps % len(batches)].items()}
        if carry is None:
            with torch.device(device):
                carry = model.initial_carry(batch)
        carry, loss, measured, _, _ = model(carry=carry, batch=batch, return_keys=[])
        (loss / batch_size).backward()
        for optimizer in (embedding, dense):
            optimizer.step()
            optimizer.zero_grad()
        ema.update(head)
        metrics = dict(zip(measured, torch.stack([value.to(torch.float32) for value in measured.values()]).tolist()))
        finish()
        steps += 1

    start = time.perf_counter()
    step()
    first = time.perf_counter()
    timing = spec["timing"]
    times = repeated(step, max(0, timing["warm_up"] - 1), timing["least"], timing["most"], timing["seconds"])
    peak = torch.cuda.max_memory_allocated() / 1e6 if device == "cuda" else peak_megabytes()
    if metrics["lm_loss"] != metrics["lm_loss"]:
        raise Refusal("the published model's loss became NaN", "Nothing can be compared then: look at the spec.")
    return {
        "median_ms": statistics.median(times) * 1e3, "fastest_ms": min(times) * 1e3, "steps_timed": len(times), "examples_per_s": batch_size / statistics.median(times),
        "first_step_ms": (first - start) * 1e3, "start_to_first_step_ms": (first - began) * 1e3,
        "matmul_gflops": matmul_rate(torch, getattr(torch, arch["forward_dtype"]), device, finish), "peak_mb": peak,
        "lm_loss_per_slot": metrics["lm_loss"] / batch_size, "dense_parameters": sum(p.numel() for p in head.parameters()),
        "adam_atan2": optimizer_name, "torch": torch.__version__, "device": torch.cuda.get_device_name() if device == "cuda" else f"CPU, {torch.get_num_threads()} threads",
    }


def main() -> int:
    parser = argparse.ArgumentParser(description="Times the training step of the published PyTorch code.")
    parser.add_argument("--checkout", required=True, type=Path, help="folder of a checkout of the published code")
    parser.add_argument("--spec", required=True, help="what to time, as JSON: see the top of this file")
    parser.add_argument("--compile", action="store_true", help="torch.compile the model with its loss, and the optimiser, as the published code does unless told not to")
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    given = parser.parse_args()
    try:
        check_checkout(given.checkout)
        if given.device == "cpu":
            os.environ["CUDA_VISIBLE_DEVICES"] = ""
        print(json.dumps({"row": measure(given.checkout.resolve(), json.loads(given.spec), given.compile, given.device)}))
        return 0
    except Refusal as refusal:
        print(json.dumps({"problem": str(refusal), "next": refusal.next}))
        return 2


if __name__ == "__main__":
    sys.exit(main())
