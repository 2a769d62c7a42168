namespace Gateway.Providers;

/// <summary>Blanks an upstream's key where the upstream echoes it, with as many asterisks, so that lengths stay as announced.</summary>
internal static class KeyMask
{
    // Servers without keys are given a word for one, such as `none` or `ollama`: no secret, and blanked it would spoil answers that say it.
    private const int Shortest = 8;

    public static void Apply(Span<byte> text, ReadOnlySpan<byte> key)
    {
        if (key.Length < Shortest)
        {
            return;
        }

        int at;
        while ((at = text.IndexOf(key)) >= 0)
        {
            text.Slice(at, key.Length).Fill((byte)'*');
            text = text[(at + key.Length)..];
        }
    }
}
