namespace Gateway.Llama.Sampling;

/// <summary>Random numbers that a seed determines on every machine and in every release: SplitMix64, Steele et al., OOPSLA 2014.</summary>
internal struct TokenRandom(ulong seed)
{
    private ulong _state = seed;

    /// <summary>At least 0, less than 1.</summary>
    public double NextDouble()
    {
        var z = _state += 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return ((z ^ (z >> 31)) >> 11) * (1.0 / (1UL << 53));
    }
}
