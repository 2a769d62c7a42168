using System.Globalization;
using System.Text;

namespace Gateway.Privacy.Detection;

/// <summary>What single characters are read as: digits of all scripts as ASCII, letters without marks, look-alikes as the Latin letter they imitate.</summary>
internal static class FoldTable
{
    /// <summary>Stands in the table for characters that are dropped: invisible ones and marks on letters.</summary>
    public const char Dropped = '\0';

    // By UTF-16 code unit. Everything in ASCII stands for itself.
    private static readonly char[] Table = Build();

    public static char Of(char c) => Table[c];

    /// <summary>What a character beyond the first plane is read as; itself (as '\uFFFD') when nothing is known of it.</summary>
    public static char OfSupplementary(int codePoint) => codePoint switch
    {
        // Mathematical alphanumerics: thirteen alphabets of 52 letters, then five runs of ten digits.
        >= 0x1D400 and <= 0x1D6A3 => Letter((codePoint - 0x1D400) % 52),
        >= 0x1D7CE and <= 0x1D7FF => (char)('0' + ((codePoint - 0x1D7CE) % 10)),
        >= 0x1F130 and <= 0x1F149 => (char)('A' + codePoint - 0x1F130),
        >= 0x1F150 and <= 0x1F169 => (char)('A' + codePoint - 0x1F150),
        >= 0x1F170 and <= 0x1F189 => (char)('A' + codePoint - 0x1F170),
        >= 0xE0000 and <= 0xE0FFF => Dropped,
        _ => new Rune(codePoint) is var rune && Rune.GetUnicodeCategory(rune) == UnicodeCategory.DecimalDigitNumber
            ? (char)('0' + (int)Rune.GetNumericValue(rune))
            : '\uFFFD',
    };

    private static char Letter(int index) => (char)(index < 26 ? 'A' + index : 'a' + index - 26);

    private static char[] Build()
    {
        var table = new char[0x10000];
        for (var i = 0; i < table.Length; i++)
        {
            table[i] = i < 0x80 ? (char)i : Fold((char)i);
        }

        foreach (var line in PrivacyResource.Lines("folds.txt").Where(l => !l.StartsWith("##", StringComparison.Ordinal)))
        {
            foreach (var c in line.AsSpan(2))
            {
                table[c] = line[0];
            }
        }

        return table;
    }

    private static char Fold(char c)
    {
        var category = char.GetUnicodeCategory(c);
        return category switch
        {
            UnicodeCategory.DecimalDigitNumber => (char)('0' + CharUnicodeInfo.GetDecimalDigitValue(c)),
            UnicodeCategory.Format or UnicodeCategory.EnclosingMark => Dropped,
            UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator => '\n',
            UnicodeCategory.SpaceSeparator => ' ',
            _ when c == '\u0085' => '\n',

            // Marks that are part of how a word is written in Devanagari and its like stay; those that are put on letters go.
            UnicodeCategory.NonSpacingMark when c is < '\u0370' or >= '\u0591' and < '\u0700' or '\u093C' or >= '\u1AB0' and < '\u1B00'
                or >= '\u1DC0' and < '\u1E00' or >= '\u20D0' and < '\u2100' or >= '\uFE00' and < '\uFE30' or '\u180B' or '\u180C' or '\u180D' => Dropped,

            // Fillers and tatweel, which are letters by category and show nothing or only length.
            _ when c is '\u0640' or '\u115F' or '\u1160' or '\u3164' or '\uFFA0' or '\u2800' => Dropped,
            _ => c,
        };
    }
}
