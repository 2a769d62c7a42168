using System.Text;

namespace Gateway.Privacy;

/// <summary>
/// Looks for personal data in one text of an answer, in whatever pieces it comes. What may be the beginning of a value waits for its end, up to a bound.
/// </summary>
internal sealed class AnswerReader(AnswerScreen screen)
{
    // What was said just before tells what a number is.
    private const int Context = 256;

    // Most values are shorter; of a longer one the end is still found, and taken out.
    private const int MostHeld = 160;

    private readonly List<PersonalDataSpan> _found = [];

    // What went out, as the model said it, and then what did not.
    private string _window = "";
    private int _released;

    public bool IsHolding => _window.Length > _released;

    /// <summary>What can be told of the text by now.</summary>
    /// <param name="piece">The next piece.</param>
    /// <param name="isLast">Whether nothing follows.</param>
    public string Read(string piece, bool isLast)
    {
        _window += piece;
        var end = isLast ? _window.Length : Math.Max(_released, HoldFrom(_window, _released));
        if (end == _released)
        {
            return "";
        }

        _found.Clear();
        if (!screen.Find(_window, _found))
        {
            screen.MeetUnread();
        }

        var told = new StringBuilder();
        var at = _released;
        foreach (var span in _found)
        {
            if (span.End <= _released || span.Start >= end)
            {
                continue;
            }

            if (span.End > end)
            {
                // Not yet whole; unless it is longer than what may wait.
                end = _window.Length - span.Start <= MostHeld ? Math.Max(at, span.Start) : end;
                if (span.Start >= end)
                {
                    break;
                }
            }

            var start = Math.Max(at, span.Start);
            told.Append(_window, at, start - at);
            at = Math.Min(span.End, end);
            if (screen.Meet(span.Kind))
            {
                told.Append(Marked(span, at));
            }
            else
            {
                told.Append(_window, start, at - start);
            }
        }

        told.Append(_window, at, Math.Max(0, end - at));
        end = Math.Max(at, end);
        var cut = Math.Max(0, end - Context);
        (_window, _released) = (_window[cut..], end - cut);
        return told.ToString();
    }

    // A number in JSON becomes a string there, with quotes as its key has them.
    private string Marked(PersonalDataSpan span, int end)
    {
        var mark = AnswerScreen.Mark(span.Kind);
        var before = _window.AsSpan(0, span.Start).TrimEnd();
        var after = _window.AsSpan(end).TrimStart();
        if (before is not [.., '"', ':'] || after is not ([] or [',' or '}' or ']', ..]))
        {
            return mark;
        }

        var key = before[..^2];
        var quote = new string('\\', key.Length - key.TrimEnd('\\').Length) + '"';
        return $"{quote}{mark}{quote}";
    }

    // Before the last word, and before the first that has a digit or an @ and is near the end: values are made of those.
    private static int HoldFrom(string text, int released)
    {
        var least = Math.Max(released, text.Length - MostHeld);
        var hold = text.Length;
        while (hold > least && !char.IsWhiteSpace(text[hold - 1]))
        {
            hold--;
        }

        for (var i = least; i < hold; i++)
        {
            if (char.IsDigit(text[i]) || text[i] == '@')
            {
                while (i > least && !char.IsWhiteSpace(text[i - 1]))
                {
                    i--;
                }

                return i;
            }
        }

        return hold;
    }
}
