namespace Gateway.Privacy.Detection;

/// <summary>Finds the heading over a value in CSV and in Markdown's tables. Keeps what it found for the values that follow, so that all of them together cost one more reading.</summary>
internal struct Columns
{
    private const int MostLine = 2048;
    private const int MostColumns = 64;
    private const int MostHeading = 48;
    private const int MostLeadLines = 8;

    private int _checked;
    private int _block;
    private int _header;
    private char _sign;
    private Cells _cells;
    private int _cellCount;

    /// <summary>The label in the heading over a place; null where there is none.</summary>
    public Label? LabelOf(ReadOnlySpan<char> text, ReadOnlySpan<Label> labels, int at)
    {
        var from = Math.Max(0, at - MostLine);
        var lineStart = from + text[from..at].LastIndexOf('\n') + 1;
        if (lineStart == 0 || (lineStart == from && from > 0 && text[from - 1] != '\n'))
        {
            return null;
        }

        Enter(text, lineStart);
        if (_cellCount == 0 || lineStart <= _header)
        {
            return null;
        }

        var column = text[lineStart..at].Count(_sign);
        if (column >= _cellCount - 1 || _cells[column + 1] - _cells[column] > MostHeading || LineCount(text, lineStart) != _cellCount - 2)
        {
            return null;
        }

        var (start, end) = (_cells[column], _cells[column + 1]);
        Label? found = null;
        for (var i = FirstAt(labels, start); i < labels.Length && labels[i].End <= end; i++)
        {
            if (labels[i].Role is LabelRole.Label or LabelRole.Other && (found is not { Role: LabelRole.Label } || labels[i].Points > found.Value.Points))
            {
                found = labels[i];
            }
        }

        return found;
    }

    // Notes the block of lines that a line belongs to, and its header: the first line of it that has columns.
    private void Enter(ReadOnlySpan<char> text, int lineStart)
    {
        var since = text[_checked..lineStart];
        var blank = Math.Max(since.LastIndexOf("\n\n"), since.LastIndexOf("\n\r\n") is >= 0 and var windows ? windows + 1 : -1);
        if (blank >= 0)
        {
            _block = _checked + blank + 2;
            (_cellCount, _header) = (0, 0);
        }

        // One character less, so that a blank line on the edge is seen.
        _checked = Math.Max(_checked, lineStart - 2);
        if (_cellCount > 0)
        {
            return;
        }

        var line = _block;
        for (var skipped = 0; line < lineStart && skipped < MostLeadLines; skipped++)
        {
            var length = text.Slice(line, Math.Min(MostLine, text.Length - line)).IndexOf('\n');
            if (length < 0)
            {
                return;
            }

            var content = text.Slice(line, length);
            foreach (var sign in "|\t;,")
            {
                if (content.Contains(sign) && content.Count(sign) == LineCount(text, lineStart, sign) && content.IndexOfAnyInRange('0', '9') < 0)
                {
                    (_header, _sign) = (line, sign);
                    ReadCells(content);
                    return;
                }
            }

            line += length + 1;
        }
    }

    private void ReadCells(ReadOnlySpan<char> content)
    {
        _cells[0] = _header;
        _cellCount = 1;
        for (var i = 0; i < content.Length && _cellCount < MostColumns; i++)
        {
            if (content[i] == _sign)
            {
                _cells[_cellCount++] = _header + i + 1;
            }
        }

        if (_cellCount < MostColumns)
        {
            _cells[_cellCount++] = _header + content.Length + 1;
        }
    }

    private readonly int LineCount(ReadOnlySpan<char> text, int lineStart) => LineCount(text, lineStart, _sign);

    private static int LineCount(ReadOnlySpan<char> text, int lineStart, char sign)
    {
        var rest = text.Slice(lineStart, Math.Min(MostLine, text.Length - lineStart));
        var end = rest.IndexOf('\n');
        return (end < 0 ? rest : rest[..end]).Count(sign);
    }

    private static int FirstAt(ReadOnlySpan<Label> labels, int start)
    {
        var (low, high) = (0, labels.Length);
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            if (labels[middle].Start < start)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low;
    }

    [System.Runtime.CompilerServices.InlineArray(MostColumns + 1)]
    private struct Cells
    {
        private int _first;
    }
}
