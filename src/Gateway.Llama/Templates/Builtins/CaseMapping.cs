using System.Collections.Frozen;
using System.Globalization;
using System.Text;

namespace Gateway.Llama.Templates.Builtins;

/// <summary>
/// Python's upper, lower and title case. .NET maps one character to one; Python follows Unicode's SpecialCasing.txt, where
/// <c>ß</c> becomes <c>SS</c>.
/// </summary>
internal static class CaseMapping
{
    // Unicode 14, SpecialCasing.txt, the entries without a condition: character=UPPER/Title.
    private const string Special =
        "\u00df=\u0053\u0053/\u0053\u0073;\u0149=\u02bc\u004e/\u02bc\u004e;\u01f0=\u004a\u030c/\u004a\u030c;" +
        "\u0390=\u0399\u0308\u0301/\u0399\u0308\u0301;\u03b0=\u03a5\u0308\u0301/\u03a5\u0308\u0301;" +
        "\u0587=\u0535\u0552/\u0535\u0582;\u1e96=\u0048\u0331/\u0048\u0331;\u1e97=\u0054\u0308/\u0054\u0308;" +
        "\u1e98=\u0057\u030a/\u0057\u030a;\u1e99=\u0059\u030a/\u0059\u030a;\u1e9a=\u0041\u02be/\u0041\u02be;" +
        "\u1f50=\u03a5\u0313/\u03a5\u0313;\u1f52=\u03a5\u0313\u0300/\u03a5\u0313\u0300;" +
        "\u1f54=\u03a5\u0313\u0301/\u03a5\u0313\u0301;\u1f56=\u03a5\u0313\u0342/\u03a5\u0313\u0342;" +
        "\u1f80=\u1f08\u0399/\u1f88;\u1f81=\u1f09\u0399/\u1f89;\u1f82=\u1f0a\u0399/\u1f8a;\u1f83=\u1f0b\u0399/\u1f8b;" +
        "\u1f84=\u1f0c\u0399/\u1f8c;\u1f85=\u1f0d\u0399/\u1f8d;\u1f86=\u1f0e\u0399/\u1f8e;\u1f87=\u1f0f\u0399/\u1f8f;" +
        "\u1f88=\u1f08\u0399/\u1f88;\u1f89=\u1f09\u0399/\u1f89;\u1f8a=\u1f0a\u0399/\u1f8a;\u1f8b=\u1f0b\u0399/\u1f8b;" +
        "\u1f8c=\u1f0c\u0399/\u1f8c;\u1f8d=\u1f0d\u0399/\u1f8d;\u1f8e=\u1f0e\u0399/\u1f8e;\u1f8f=\u1f0f\u0399/\u1f8f;" +
        "\u1f90=\u1f28\u0399/\u1f98;\u1f91=\u1f29\u0399/\u1f99;\u1f92=\u1f2a\u0399/\u1f9a;\u1f93=\u1f2b\u0399/\u1f9b;" +
        "\u1f94=\u1f2c\u0399/\u1f9c;\u1f95=\u1f2d\u0399/\u1f9d;\u1f96=\u1f2e\u0399/\u1f9e;\u1f97=\u1f2f\u0399/\u1f9f;" +
        "\u1f98=\u1f28\u0399/\u1f98;\u1f99=\u1f29\u0399/\u1f99;\u1f9a=\u1f2a\u0399/\u1f9a;\u1f9b=\u1f2b\u0399/\u1f9b;" +
        "\u1f9c=\u1f2c\u0399/\u1f9c;\u1f9d=\u1f2d\u0399/\u1f9d;\u1f9e=\u1f2e\u0399/\u1f9e;\u1f9f=\u1f2f\u0399/\u1f9f;" +
        "\u1fa0=\u1f68\u0399/\u1fa8;\u1fa1=\u1f69\u0399/\u1fa9;\u1fa2=\u1f6a\u0399/\u1faa;\u1fa3=\u1f6b\u0399/\u1fab;" +
        "\u1fa4=\u1f6c\u0399/\u1fac;\u1fa5=\u1f6d\u0399/\u1fad;\u1fa6=\u1f6e\u0399/\u1fae;\u1fa7=\u1f6f\u0399/\u1faf;" +
        "\u1fa8=\u1f68\u0399/\u1fa8;\u1fa9=\u1f69\u0399/\u1fa9;\u1faa=\u1f6a\u0399/\u1faa;\u1fab=\u1f6b\u0399/\u1fab;" +
        "\u1fac=\u1f6c\u0399/\u1fac;\u1fad=\u1f6d\u0399/\u1fad;\u1fae=\u1f6e\u0399/\u1fae;\u1faf=\u1f6f\u0399/\u1faf;" +
        "\u1fb2=\u1fba\u0399/\u1fba\u0345;\u1fb3=\u0391\u0399/\u1fbc;\u1fb4=\u0386\u0399/\u0386\u0345;" +
        "\u1fb6=\u0391\u0342/\u0391\u0342;\u1fb7=\u0391\u0342\u0399/\u0391\u0342\u0345;\u1fbc=\u0391\u0399/\u1fbc;" +
        "\u1fc2=\u1fca\u0399/\u1fca\u0345;\u1fc3=\u0397\u0399/\u1fcc;\u1fc4=\u0389\u0399/\u0389\u0345;" +
        "\u1fc6=\u0397\u0342/\u0397\u0342;\u1fc7=\u0397\u0342\u0399/\u0397\u0342\u0345;\u1fcc=\u0397\u0399/\u1fcc;" +
        "\u1fd2=\u0399\u0308\u0300/\u0399\u0308\u0300;\u1fd3=\u0399\u0308\u0301/\u0399\u0308\u0301;" +
        "\u1fd6=\u0399\u0342/\u0399\u0342;\u1fd7=\u0399\u0308\u0342/\u0399\u0308\u0342;" +
        "\u1fe2=\u03a5\u0308\u0300/\u03a5\u0308\u0300;\u1fe3=\u03a5\u0308\u0301/\u03a5\u0308\u0301;" +
        "\u1fe4=\u03a1\u0313/\u03a1\u0313;\u1fe6=\u03a5\u0342/\u03a5\u0342;" +
        "\u1fe7=\u03a5\u0308\u0342/\u03a5\u0308\u0342;\u1ff2=\u1ffa\u0399/\u1ffa\u0345;\u1ff3=\u03a9\u0399/\u1ffc;" +
        "\u1ff4=\u038f\u0399/\u038f\u0345;\u1ff6=\u03a9\u0342/\u03a9\u0342;" +
        "\u1ff7=\u03a9\u0342\u0399/\u03a9\u0342\u0345;\u1ffc=\u03a9\u0399/\u1ffc;\ufb00=\u0046\u0046/\u0046\u0066;" +
        "\ufb01=\u0046\u0049/\u0046\u0069;\ufb02=\u0046\u004c/\u0046\u006c;" +
        "\ufb03=\u0046\u0046\u0049/\u0046\u0066\u0069;\ufb04=\u0046\u0046\u004c/\u0046\u0066\u006c;" +
        "\ufb05=\u0053\u0054/\u0053\u0074;\ufb06=\u0053\u0054/\u0053\u0074;\ufb13=\u0544\u0546/\u0544\u0576;" +
        "\ufb14=\u0544\u0535/\u0544\u0565;\ufb15=\u0544\u053b/\u0544\u056b;\ufb16=\u054e\u0546/\u054e\u0576;" +
        "\ufb17=\u0544\u053d/\u0544\u056d;";

    private static readonly FrozenDictionary<char, (string Upper, string Title)> SpecialCases = Special
        .Split(';', StringSplitOptions.RemoveEmptyEntries)
        .Select(entry => (Key: entry[0], Mapped: entry[2..].Split('/')))
        .ToFrozenDictionary(entry => entry.Key, entry => (entry.Mapped[0], entry.Mapped[1]));

    public static string Upper(string text) => text.AsSpan().ContainsAnyExceptInRange('\0', '\x7f')
        ? Map(text, static (_, _, rune) => Upper(rune))
        : text.ToUpperInvariant();

    public static string Lower(string text) => text.AsSpan().ContainsAnyExceptInRange('\0', '\x7f')
        ? Map(text, Lower)
        : text.ToLowerInvariant();

    /// <summary>For comparing without case; of the letters that fold to several, only the German one is known.</summary>
    public static string Fold(string text) => Lower(text).Replace("ß", "ss", StringComparison.Ordinal);

    /// <summary>The first letter of every word in title case, the others in lower case.</summary>
    public static string Title(string text)
    {
        var afterCased = false;
        return Map(text, (whole, index, rune) =>
        {
            var mapped = afterCased ? Lower(whole, index, rune) : Title(rune);
            afterCased = IsCased(rune);
            return mapped;
        });
    }

    /// <summary>The first character in title case, the others in lower case.</summary>
    public static string Capitalize(string text) =>
        Map(text, static (whole, index, rune) => index == 0 ? Title(rune) : Lower(whole, index, rune));

    public static string SwapCase(string text) =>
        Map(text, static (whole, index, rune) => IsUpper(rune) ? Lower(whole, index, rune) : IsLower(rune) ? Upper(rune) : rune.ToString());

    public static bool IsLower(string text) => HasOnly(text, IsLower);

    public static bool IsUpper(string text) => HasOnly(text, IsUpper);

    /// <summary>Whether every word begins with an upper-case letter and goes on in lower case.</summary>
    public static bool IsTitle(string text)
    {
        var (afterCased, any) = (false, false);
        foreach (var rune in text.EnumerateRunes())
        {
            var startsWord = IsUpper(rune) || Rune.GetUnicodeCategory(rune) == UnicodeCategory.TitlecaseLetter;
            if (startsWord ? afterCased : IsLower(rune) && !afterCased)
            {
                return false;
            }
            afterCased = IsCased(rune);
            any |= afterCased;
        }
        return any;
    }

    private static bool HasOnly(string text, Func<Rune, bool> isWanted)
    {
        var any = false;
        foreach (var rune in text.EnumerateRunes())
        {
            if (isWanted(rune))
            {
                any = true;
            }
            else if (IsCased(rune))
            {
                return false;
            }
        }
        return any;
    }

    private static string Map(string text, Func<string, int, Rune, string> map)
    {
        var result = new StringBuilder(text.Length);
        for (var i = 0; i < text.Length;)
        {
            if (Rune.TryGetRuneAt(text, i, out var rune))
            {
                result.Append(map(text, i, rune));
                i += rune.Utf16SequenceLength;
            }
            else
            {
                result.Append(text[i++]);
            }
        }
        return result.ToString();
    }

    private static string Upper(Rune rune) => rune.IsBmp && SpecialCases.TryGetValue((char)rune.Value, out var special)
        ? special.Upper
        : Rune.ToUpperInvariant(rune).ToString();

    private static string Title(Rune rune)
    {
        if (rune.IsBmp && SpecialCases.TryGetValue((char)rune.Value, out var special))
        {
            return special.Title;
        }
        return rune.Value switch
        {
            // The digraphs have a title case of their own; Georgian letters have an upper case but no title case.
            0x1c4 or 0x1c5 or 0x1c6 => "\u01c5",
            0x1c7 or 0x1c8 or 0x1c9 => "\u01c8",
            0x1ca or 0x1cb or 0x1cc => "\u01cb",
            0x1f1 or 0x1f2 or 0x1f3 => "\u01f2",
            >= 0x10d0 and <= 0x10ff => rune.ToString(),
            _ => Rune.ToUpperInvariant(rune).ToString(),
        };
    }

    private static string Lower(string text, int index, Rune rune) => rune.Value switch
    {
        0x130 => "i\u0307",
        0x3a3 => IsFinalSigma(text, index) ? "\u03c2" : "\u03c3",
        _ => Rune.ToLowerInvariant(rune).ToString(),
    };

    /// <summary>Whether a sigma ends a word: a letter stands before it and none after it.</summary>
    private static bool IsFinalSigma(string text, int index)
    {
        var before = index - 1;
        while (before >= 0 && IsCaseIgnorable(text[before]))
        {
            before--;
        }
        var after = index + 1;
        while (after < text.Length && IsCaseIgnorable(text[after]))
        {
            after++;
        }
        return before >= 0 && char.IsLetter(text[before]) && !(after < text.Length && char.IsLetter(text[after]));
    }

    private static bool IsCaseIgnorable(char character) => character is '\'' or '.' or ':' or '\u00b7' or '\u2019'
        || CharUnicodeInfo.GetUnicodeCategory(character) is UnicodeCategory.NonSpacingMark or UnicodeCategory.ModifierSymbol
            or UnicodeCategory.ModifierLetter or UnicodeCategory.Format;

    private static bool IsUpper(Rune rune) => Rune.IsUpper(rune) || rune.Value is >= 0x2160 and <= 0x216f or >= 0x24b6 and <= 0x24cf;

    private static bool IsLower(Rune rune) =>
        Rune.IsLower(rune) || rune.Value is 0xaa or 0xba or >= 0x2170 and <= 0x217f or >= 0x24d0 and <= 0x24e9;

    private static bool IsCased(Rune rune) =>
        IsUpper(rune) || IsLower(rune) || Rune.GetUnicodeCategory(rune) == UnicodeCategory.TitlecaseLetter;
}
