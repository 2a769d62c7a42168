namespace Gateway.Llama.Vectors;

/// <summary>Arithmetic of embeddings.</summary>
public static class VectorMath
{
    /// <summary>Divides by the length (L2), so that a dot product is a cosine. False, with nothing changed, when the length is 0 or no number.</summary>
    public static bool TryNormalize(Span<float> vector)
    {
        var sum = 0d;
        foreach (var value in vector)
        {
            sum += (double)value * value;
        }

        if (!(sum > 0) || !double.IsFinite(sum))
        {
            return false;
        }

        var scale = 1 / Math.Sqrt(sum);
        for (var i = 0; i < vector.Length; i++)
        {
            vector[i] = (float)(vector[i] * scale);
        }

        return true;
    }

    /// <summary>
    /// The first numbers of an embedding, of length 1 again: what OpenAI's <c>dimensions</c> does, which loses little with models that were
    /// trained for it (Matryoshka, arXiv 2205.13147) and more with others.
    /// </summary>
    /// <param name="vector">An embedding; not changed.</param>
    /// <param name="dimensions">1 to its size.</param>
    public static float[] Shorten(float[] vector, int dimensions)
    {
        ArgumentNullException.ThrowIfNull(vector);
        if (dimensions == vector.Length)
        {
            return vector;
        }

        var shorter = vector[..dimensions];
        TryNormalize(shorter);
        return shorter;
    }

    /// <summary>
    /// The embedding of a text that was cut into windows: the windows' embeddings averaged by their tokens, of length 1 again. It is the way
    /// of OpenAI's cookbook ("Embedding texts that are longer than the model's maximum context length").
    /// </summary>
    /// <param name="windows">Not empty.</param>
    public static float[] Average(IReadOnlyList<WindowVector> windows)
    {
        ArgumentNullException.ThrowIfNull(windows);
        if (windows.Count == 1)
        {
            return windows[0].Vector;
        }

        var sum = new float[windows[0].Vector.Length];
        foreach (var (vector, tokens) in windows)
        {
            for (var i = 0; i < sum.Length; i++)
            {
                sum[i] += vector[i] * tokens;
            }
        }

        // Only windows that point in exactly opposite directions have no mean direction.
        return TryNormalize(sum) ? sum : windows[0].Vector;
    }
}
