namespace Gateway.Privacy.Detection;

/// <summary>Weighs IP addresses: RFC 791's dotted quads and RFC 4291's groups of hexadecimal digits.</summary>
internal static class AddressFinder
{
    private const int Dotted = 72;
    private const int WithOtherSigns = 8;
    private const int Colons = 90;

    public static void FindV4(ref Finder finder, int first)
    {
        if (first + 3 >= finder.Tokens.Length || finder.Tokens[first].Length > 3 || !finder.Tokens[first + 1].HasDigits || !finder.Tokens[first + 2].HasDigits || (first > 0 && finder.Tokens[first - 1] is { Gap: Gap.Tight, Sign: '.' or '-' or '/' or '_', HasDigits: true }))
        {
            return;
        }

        var (dots, allZero) = (0, true);
        for (var t = first; t <= first + 3; t++)
        {
            ref readonly var token = ref finder.Tokens[t];
            if (token.Kind != TokenKind.Digits || token.Length > 3 || CheckDigits.Number(finder.Text[token.Start..token.End]) is > 255 || (t < first + 3 && token.Gap is Gap.Break or Gap.DoubleColon))
            {
                return;
            }

            dots += t < first + 3 && token.Gap is Gap.Tight or Gap.Soft or Gap.Line && token.Sign == '.' ? 1 : 0;
            allZero &= finder.Text[token.Start..token.End] is "0" or "255" or "127" or "1";
        }

        // Not the beginning of something longer.
        if (finder.Tokens[first + 3] is { Gap: Gap.Tight, Sign: '.' or '-' or '_' } && first + 4 < finder.Tokens.Length && finder.Tokens[first + 4].HasDigits)
        {
            return;
        }

        ref readonly var around = ref finder.Around(first, first + 3);
        var points = (dots == 3 ? Dotted : WithOtherSigns) - (allZero ? 30 : 0) + around.PointsFor(PersonalDataKind.IpAddress) + (around.IsVersion || dots < 3 ? around.Against : 0);
        if (points >= Rules.Score.Accepted)
        {
            finder.Add(PersonalDataKind.IpAddress, first, first + 3, points);
        }
    }

    /// <summary>Weighs what begins with a token that a colon follows.</summary>
    public static void FindV6(ref Finder finder, int first)
    {
        if (!IsGroup(in finder, first) || (first > 0 && IsColon(finder.Tokens[first - 1]) && IsGroup(in finder, first - 1)))
        {
            return;
        }

        var (last, groups, doubles, digits, dotted) = (first, 1, 0, 0, false);
        for (; ; last++)
        {
            ref readonly var token = ref finder.Tokens[last];
            digits += token.HasDigits ? 1 : 0;
            if (!IsColon(token) || last + 1 >= finder.Tokens.Length || !IsGroup(in finder, last + 1) || groups > 8)
            {
                break;
            }

            doubles += token.Gap == Gap.DoubleColon ? 1 : 0;
            groups++;
        }

        // The last 32 bits may be a dotted quad.
        if (groups >= 2 && last + 3 < finder.Tokens.Length && finder.Tokens[last] is { Gap: Gap.Tight, Sign: '.', Kind: TokenKind.Digits } && finder.Tokens[last + 2] is { Gap: Gap.Tight, Sign: '.' })
        {
            (dotted, last, groups) = (true, last + 3, groups + 1);
        }

        var start = finder.Tokens[first].Start;
        var leading = start >= 2 && finder.Text[start - 1] == ':' && finder.Text[start - 2] == ':';
        doubles += leading ? 1 : 0;
        var trailing = finder.Text[finder.Tokens[last].End..].StartsWith("::");
        doubles += trailing ? 1 : 0;
        var label = finder.Around(first, last).PointsFor(PersonalDataKind.IpAddress);
        var whole = (doubles == 0 && groups == 8) || (doubles == 1 && groups < 8 && (groups >= 3 || finder.Tokens[first].Length >= 3 || dotted || label > 0));
        if (whole && digits > 0)
        {
            finder.Add(PersonalDataKind.IpAddress, leading ? start - 2 : start, finder.Tokens[last].End + (trailing ? 2 : 0), first, last, Colons + label);
        }
    }

    private static bool IsColon(in Token token) => token.Gap == Gap.DoubleColon || (token.Gap is Gap.Tight or Gap.Line && token.Sign == ':');

    private static bool IsGroup(in Finder finder, int token)
    {
        ref readonly var one = ref finder.Tokens[token];
        if (one.Length > 4)
        {
            return false;
        }

        foreach (var c in finder.Text[one.Start..one.End])
        {
            if (!char.IsAsciiHexDigit(c))
            {
                return false;
            }
        }

        return true;
    }
}
