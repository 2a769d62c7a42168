using System.Globalization;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Gateway.Privacy.Detection;

internal enum CharClass : byte
{
    Other,
    Letter,
    Digit,
    Space,
    NewLine,

    /// <summary>May stand between the parts of one number.</summary>
    Separator,
}

/// <summary>What kind of character stands there, of folded text.</summary>
internal static class CharClasses
{
    private static readonly CharClass[] Table = Build();

    /// <summary>The table has a place for every character, so that nothing is to be checked.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static CharClass Of(char c) => Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(Table), c);

    private static CharClass[] Build()
    {
        var table = new CharClass[0x10000];
        for (var i = 0; i < table.Length; i++)
        {
            var c = (char)i;
            table[i] = c switch
            {
                >= '0' and <= '9' => CharClass.Digit,
                ' ' or '\t' or '\r' or '\v' or '\f' => CharClass.Space,
                '\n' => CharClass.NewLine,
                '.' or '-' or '/' or '_' or '\'' or '*' or '~' or '+' or '=' or '|' or '#' or ':' or ',' or '^' or '!' or '\\' => CharClass.Separator,
                _ => char.GetUnicodeCategory(c) switch
                {
                    UnicodeCategory.UppercaseLetter or UnicodeCategory.LowercaseLetter or UnicodeCategory.TitlecaseLetter or UnicodeCategory.OtherLetter or UnicodeCategory.ModifierLetter
                        or UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.LetterNumber => c is 'º' or 'ª' ? CharClass.Other : CharClass.Letter,
                    _ => CharClass.Other,
                },
            };
        }

        return table;
    }
}
