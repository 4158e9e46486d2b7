"""The benchmarks' own bookkeeping; what they measure is in `benchmarks/results/`."""
