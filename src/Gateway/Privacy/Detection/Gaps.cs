using System.Runtime.CompilerServices;

namespace Gateway.Privacy.Detection;

/// <summary>Tells what stands between two runs of letters and digits.</summary>
internal static class Gaps
{
    private const int Longest = 12;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (Gap Gap, char Sign) Between(ReadOnlySpan<char> gap) => gap.Length == 1 ? One(gap[0]) : More(gap);

    private static (Gap Gap, char Sign) More(ReadOnlySpan<char> gap)
    {
        if (gap.Length > Longest)
        {
            return default;
        }

        if (gap is "::")
        {
            return (Gap.DoubleColon, ':');
        }

        var (lines, spaces, brackets, signs, sign) = (0, 0, 0, 0, '\0');
        foreach (var c in gap)
        {
            switch (CharClasses.Of(c))
            {
                case CharClass.NewLine:
                    lines++;
                    break;
                case CharClass.Space:
                    spaces++;
                    break;
                case CharClass.Separator:
                    (signs, sign) = (signs + 1, c);
                    break;
                default:
                    if (c is not ('(' or ')'))
                    {
                        return default;
                    }

                    brackets++;
                    break;
            }
        }

        // A comma, a colon or the like with a space beside it ends a value; so do two spaces, which make columns.
        return lines > 1 || signs > 1 || brackets > 2 ? default
            : lines == 1 ? brackets == 0 && sign is not (',' or '|' or '=' or ':') ? (Gap.Line, sign) : sign == ':' && spaces == 0 ? (Gap.Line, ':') : default
            : signs + brackets == 0 || sign is ',' or '|' or '=' or ':' or '#' ? default
            : spaces <= 2 ? (Gap.Soft, sign) : default;
    }

    // Most gaps by far.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (Gap Gap, char Sign) One(char c) => c == ' ' ? (Gap.Space, '\0') : Rare(c);

    private static (Gap Gap, char Sign) Rare(char c) => CharClasses.Of(c) switch
    {
        CharClass.Space => c == '\t' ? default : (Gap.Space, '\0'),
        CharClass.NewLine => (Gap.Line, '\0'),
        CharClass.Separator => (Gap.Tight, c),
        _ => c is '(' or ')' ? (Gap.Soft, '\0') : default,
    };
}
