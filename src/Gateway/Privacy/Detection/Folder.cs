using System.Buffers;

namespace Gateway.Privacy.Detection;

/// <summary>
/// Undoes disguises: digits of other scripts, look-alike letters, invisible characters, HTML entities, percent-encoding, JSON's escapes, "(at)" and "[dot]".
/// </summary>
internal static class Folder
{
    // Whatever else stands in ASCII stands for itself. The letters' own vectors make the rest of a plain text cost next to nothing.
    private static readonly SearchValues<char> Plain = SearchValues.Create([.. Enumerable.Range(0, 128).Select(i => (char)i).Except(['&', '%', '\\', '(', '[', '{', '\0'])]);

    public static void Fold(ReadOnlySpan<char> text, ref FoldedText folded)
    {
        var (at, copied, changed) = (0, 0, false);
        while (true)
        {
            var skip = text[at..].IndexOfAnyExcept(Plain);
            if (skip < 0)
            {
                break;
            }

            at += skip;
            var c = text[at];
            var (replacement, width) = c < 0x80 ? Escapes.Read(text, at) : Single(text, at);
            if (width == 1 && replacement == c)
            {
                at++;
                continue;
            }

            if (changed)
            {
                folded.Copy(text[copied..at]);
            }
            else
            {
                folded.Begin(text[..at]);
                changed = true;
            }

            at += width;
            copied = at;
            if (c is '(' or '[' or '{')
            {
                folded.PutOverSpace(replacement, at);
            }
            else
            {
                folded.Put(replacement, at);
            }
        }

        if (changed)
        {
            folded.Copy(text[copied..]);
            folded.End();
        }
    }

    private static (char Replacement, int Width) Single(ReadOnlySpan<char> text, int at)
    {
        var c = text[at];
        if (!char.IsHighSurrogate(c) || at + 1 == text.Length || !char.IsLowSurrogate(text[at + 1]))
        {
            return (FoldTable.Of(c), 1);
        }

        var known = FoldTable.OfSupplementary(char.ConvertToUtf32(c, text[at + 1]));
        return known == '\uFFFD' ? (c, 1) : (known, 2);
    }
}
