using System.Numerics;
using System.Runtime.InteropServices;

namespace Gateway.Llama.Sampling;

/// <summary>
/// The likeliest tokens of a row of logits. A vocabulary has 30k to 260k tokens and this runs for each generated one, so the row is only
/// compared against the least of those kept, a vector at a time; few pass.
/// </summary>
internal sealed class TopTokens(int capacity)
{
    private float[] _logits = new float[capacity];
    private int[] _tokens = new int[capacity];

    /// <summary>Logits of the tokens found, falling.</summary>
    public ReadOnlySpan<float> Logits => _logits.AsSpan(0, Count);

    /// <summary>The tokens, in the order of <see cref="Logits"/>.</summary>
    public ReadOnlySpan<int> Tokens => _tokens.AsSpan(0, Count);

    /// <summary>Number of tokens found; fewer than asked for when the others' logits are no numbers or minus infinity.</summary>
    public int Count { get; private set; }

    /// <summary>Finds the <paramref name="count"/> likeliest. Of equal ones, those with the lower ids.</summary>
    public void Select(ReadOnlySpan<float> row, int count)
    {
        if (_logits.Length < count)
        {
            _logits = new float[count];
            _tokens = new int[count];
        }

        Count = 0;
        var least = float.NegativeInfinity;
        var i = 0;
        var vectors = MemoryMarshal.Cast<float, Vector<float>>(row);
        for (var v = 0; v < vectors.Length; v++, i += Vector<float>.Count)
        {
            // NaN compares false, so it is never taken.
            if (Vector.GreaterThanAny(vectors[v], new Vector<float>(least)))
            {
                for (var lane = 0; lane < Vector<float>.Count; lane++)
                {
                    least = Offer(row[i + lane], i + lane, least, count);
                }
            }
        }

        for (; i < row.Length; i++)
        {
            least = Offer(row[i], i, least, count);
        }

        SortFalling();
    }

    // A heap with the least likely token at its root.
    private float Offer(float logit, int token, float least, int limit)
    {
        if (!(logit > least))
        {
            return least;
        }

        if (Count < limit)
        {
            SiftUp(Count++, logit, token);
            return Count < limit ? float.NegativeInfinity : _logits[0];
        }

        SiftDown(0, Count, logit, token);
        return _logits[0];
    }

    private void SiftUp(int at, float logit, int token)
    {
        while (at > 0)
        {
            var parent = (at - 1) / 2;
            if (!Worse(logit, token, _logits[parent], _tokens[parent]))
            {
                break;
            }

            (_logits[at], _tokens[at]) = (_logits[parent], _tokens[parent]);
            at = parent;
        }

        (_logits[at], _tokens[at]) = (logit, token);
    }

    private void SiftDown(int at, int count, float logit, int token)
    {
        while (true)
        {
            var child = (2 * at) + 1;
            if (child >= count)
            {
                break;
            }

            if (child + 1 < count && Worse(_logits[child + 1], _tokens[child + 1], _logits[child], _tokens[child]))
            {
                child++;
            }

            if (!Worse(_logits[child], _tokens[child], logit, token))
            {
                break;
            }

            (_logits[at], _tokens[at]) = (_logits[child], _tokens[child]);
            at = child;
        }

        (_logits[at], _tokens[at]) = (logit, token);
    }

    private void SortFalling()
    {
        for (var end = Count - 1; end > 0; end--)
        {
            var (logit, token) = (_logits[end], _tokens[end]);
            (_logits[end], _tokens[end]) = (_logits[0], _tokens[0]);
            SiftDown(0, end, logit, token);
        }
    }

    private static bool Worse(float logit, int token, float thanLogit, int thanToken) =>
        logit < thanLogit || (logit == thanLogit && token > thanToken);
}
