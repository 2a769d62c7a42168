namespace Gateway.Privacy.Detection;

/// <summary>Finds the heading over a value in CSV and in Markdown's tables. Keeps what it found for the values that follow, so that all of them together cost one more reading.</summary>
internal struct Columns
{
    private const int MostLine = 2048;
    private const int MostColumns = 64;
    private const int MostHeading = 48;
    private const int MostLeadLines = 8;

    private int _lineStart;
    private int _lineEnd;
    private int _column;
    private int _columnAt;
    private bool _hasColumns;
    private int _checked;
    private int _block;
    private int _header;
    private char _sign;
    private Cells _cells;
    private int _cellCount;

    /// <summary>The label in the heading over a place; null where there is none. Places are asked for in their order.</summary>
    public Label? LabelOf(ReadOnlySpan<char> text, ReadOnlySpan<Label> labels, int at)
    {
        if (!BeginsCell(text, at))
        {
            return null;
        }

        if (at >= _lineEnd)
        {
            EnterLine(text, at);
        }

        // A value may begin on the line before the one that was entered last.
        if (!_hasColumns || at < _lineStart)
        {
            return null;
        }

        // Backwards only within the few tokens of one value.
        _column = at >= _columnAt ? _column + text[_columnAt..at].Count(_sign) : text[_lineStart..at].Count(_sign);
        _columnAt = at;
        if (_column >= _cellCount - 1 || _cells[_column + 1] - _cells[_column] > MostHeading)
        {
            return null;
        }

        var (start, end) = (_cells[_column], _cells[_column + 1]);
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

    /// <summary>Whether the line of a place has headings over it.</summary>
    public bool HasHeadings(ReadOnlySpan<char> text, int at)
    {
        if (!BeginsCell(text, at))
        {
            return false;
        }

        if (at >= _lineEnd)
        {
            EnterLine(text, at);
        }

        return _hasColumns && at >= _lineStart;
    }

    // Most numbers stand in a sentence: there is no need to look at its line.
    private static bool BeginsCell(ReadOnlySpan<char> text, int at)
    {
        var i = at - 1;
        while (i >= 0 && i > at - 4 && text[i] is ' ' or '"' or '+' or '(' or '\'' or '-')
        {
            i--;
        }

        return i >= 0 && text[i] is ',' or '|' or ';' or '\t' or '\n';
    }

    private void EnterLine(ReadOnlySpan<char> text, int at)
    {
        var from = Math.Max(_lineEnd, at - MostLine);
        _lineStart = from + text[from..at].LastIndexOf('\n') + 1;
        var rest = text.Slice(_lineStart, Math.Min(MostLine, text.Length - _lineStart));
        var length = rest.IndexOf('\n');
        _lineEnd = _lineStart + (length < 0 ? rest.Length : length);
        (_column, _columnAt, _hasColumns) = (0, _lineStart, false);
        if (_lineStart > 0 && text[_lineStart - 1] == '\n')
        {
            Enter(text, _lineStart);
            _hasColumns = _cellCount > 0 && _lineStart > _header && LineCount(text, _lineStart) == _cellCount - 2;
        }
    }

    // Notes the block of lines that a line belongs to, and its header: the first line of it that has columns.
    private void Enter(ReadOnlySpan<char> text, int lineStart)
    {
        var since = text[Math.Min(_checked, lineStart)..lineStart];
        var blank = Math.Max(since.LastIndexOf("\n\n"), since.LastIndexOf("\n\r\n") is >= 0 and var windows ? windows + 1 : -1);
        if (blank >= 0)
        {
            _block = Math.Min(_checked, lineStart) + blank + 2;
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
