using Gateway.Llama.Templates.Values;

namespace Gateway.Llama.Templates.Syntax;

/// <summary>
/// Splits a template into tokens as jinja2's lexer does with <c>trim_blocks</c> and <c>lstrip_blocks</c>: a newline after a block and
/// blanks before it go away, and <c>-</c> and <c>+</c> at a tag's edge take more or nothing.
/// </summary>
internal sealed class Lexer
{
    // Longest first, so that "//" is not two of "/".
    private static readonly string[] Operators =
        ["//", "**", "==", "!=", ">=", "<=", "+", "-", "/", "*", "%", "~", "[", "]", "(", ")", "{", "}", ">", "<", "=", ".", ":", "|", ",", ";"];

    private readonly string _source;
    private readonly List<Token> _tokens = [];
    private int _position;
    private int _line = 1;
    private bool _lineStarting = true;

    private Lexer(string source) => _source = source;

    public static List<Token> Tokenize(string source)
    {
        var normalized = source.ReplaceLineEndings("\n");
        // ReplaceLineEndings also knows form feeds and Unicode's line separators, which jinja2 leaves alone.
        if (source.AsSpan().ContainsAny("\f\u0085\u2028\u2029"))
        {
            normalized = source.Replace("\r\n", "\n", StringComparison.Ordinal).Replace('\r', '\n');
        }
        var lexer = new Lexer(normalized.EndsWith('\n') ? normalized[..^1] : normalized);
        lexer.Root();
        return lexer._tokens;
    }

    private void Root()
    {
        while (_position < _source.Length)
        {
            var tag = NextTag(_position);
            if (tag < 0)
            {
                Add(TokenKind.Data, _source[_position..]);
                break;
            }
            var kind = _source[tag + 1];
            var after = tag + 2;
            var sign = after < _source.Length && _source[after] is '-' or '+' ? _source[after++] : '\0';
            var data = Before(tag, sign, isVariable: kind == '{');
            if (data.Length > 0)
            {
                Add(TokenKind.Data, data);
            }
            Advance(after);
            switch (kind)
            {
                case '#':
                    Comment();
                    break;
                case '{':
                    Add(TokenKind.VariableBegin, "{{");
                    Tag(TokenKind.VariableEnd);
                    break;
                default:
                    if (!TryRaw())
                    {
                        Add(TokenKind.BlockBegin, "{%");
                        Tag(TokenKind.BlockEnd);
                    }
                    break;
            }
        }
        Add(TokenKind.End, "");
    }

    private int NextTag(int from)
    {
        for (var i = _source.IndexOf('{', from); i >= 0 && i + 1 < _source.Length; i = _source.IndexOf('{', i + 1))
        {
            if (_source[i + 1] is '%' or '{' or '#')
            {
                return i;
            }
        }
        return -1;
    }

    /// <summary>The text before a tag, less what the tag takes away of it.</summary>
    private string Before(int tag, char sign, bool isVariable)
    {
        var end = tag;
        if (sign == '-')
        {
            while (end > _position && Characters.IsSpace(_source[end - 1]))
            {
                end--;
            }
        }
        else if (sign != '+' && !isVariable)
        {
            var newline = _source.AsSpan(_position, tag - _position).LastIndexOf('\n');
            var fromLineStart = newline >= 0 || _lineStarting;
            var lineStart = _position + newline + 1;
            if (fromLineStart && IsBlank(lineStart, tag))
            {
                end = lineStart;
            }
        }
        return _source[_position..end];
    }

    private bool IsBlank(int from, int to)
    {
        for (var i = from; i < to; i++)
        {
            if (!Characters.IsSpace(_source[i]))
            {
                return false;
            }
        }
        return true;
    }

    private void Comment()
    {
        var end = _source.IndexOf("#}", _position, StringComparison.Ordinal);
        if (end < 0)
        {
            throw TemplateException.Syntax("missing end of comment tag", _line);
        }
        var sign = end > _position ? _source[end - 1] : '\0';
        EndTag(end + 2, sign);
    }

    /// <summary>Skips what the end of a block or comment takes of the text after it.</summary>
    private void EndTag(int position, char sign)
    {
        if (sign == '-')
        {
            while (position < _source.Length && Characters.IsSpace(_source[position]))
            {
                position++;
            }
        }
        else if (sign != '+' && position < _source.Length && _source[position] == '\n')
        {
            position++;
        }
        Advance(position);
    }

    /// <summary>Reads <c>{% raw %} ... {% endraw %}</c>, if that is what begins after the block's opening.</summary>
    private bool TryRaw()
    {
        var position = SkipSpace(_position);
        if (string.CompareOrdinal(_source, position, "raw", 0, 3) != 0)
        {
            return false;
        }
        position = SkipSpace(position + 3);
        var strips = position < _source.Length && _source[position] == '-';
        position += strips ? 1 : 0;
        if (string.CompareOrdinal(_source, position, "%}", 0, 2) != 0)
        {
            return false;
        }
        position += 2;
        Advance(strips ? SkipSpace(position) : position);

        for (var tag = _source.IndexOf("{%", _position, StringComparison.Ordinal);
            tag >= 0;
            tag = _source.IndexOf("{%", tag + 1, StringComparison.Ordinal))
        {
            var after = tag + 2;
            var sign = after < _source.Length && _source[after] is '-' or '+' ? _source[after++] : '\0';
            after = SkipSpace(after);
            if (string.CompareOrdinal(_source, after, "endraw", 0, 6) != 0)
            {
                continue;
            }
            after = SkipSpace(after + 6);
            var endSign = after < _source.Length && _source[after] is '-' or '+' ? _source[after++] : '\0';
            if (string.CompareOrdinal(_source, after, "%}", 0, 2) != 0)
            {
                continue;
            }
            Add(TokenKind.Data, Before(tag, sign, isVariable: false));
            EndTag(after + 2, endSign);
            return true;
        }
        throw TemplateException.Syntax("missing end of raw directive", _line);
    }

    /// <summary>Reads the inside of a tag up to its end.</summary>
    private void Tag(TokenKind endKind)
    {
        var end = endKind == TokenKind.VariableEnd ? "}}" : "%}";
        var brackets = new Stack<char>();
        while (true)
        {
            Advance(SkipSpace(_position));
            if (_position >= _source.Length)
            {
                return;
            }
            if (brackets.Count == 0 && TryEnd(end, endKind))
            {
                return;
            }
            ReadToken(brackets);
        }
    }

    private bool TryEnd(string end, TokenKind kind)
    {
        var sign = _source[_position] is '-' or '+' ? _source[_position] : '\0';
        if (sign == '+' && kind == TokenKind.VariableEnd)
        {
            return false;
        }
        var position = sign == '\0' ? _position : _position + 1;
        if (string.CompareOrdinal(_source, position, end, 0, 2) != 0)
        {
            return false;
        }
        Add(kind, end);
        // A newline after a variable stays.
        EndTag(position + 2, kind == TokenKind.VariableEnd && sign == '\0' ? '+' : sign);
        return true;
    }

    private void ReadToken(Stack<char> brackets)
    {
        var first = _source[_position];
        if (char.IsAsciiDigit(first))
        {
            var afterDot = _position > 0 && _source[_position - 1] == '.';
            var (length, isFloat) = NumberLiteral.Measure(_source, _position, afterDot);
            Emit(isFloat ? TokenKind.Float : TokenKind.Integer, length);
            return;
        }
        if (Characters.IsIdentifierStart(_source, _position))
        {
            Emit(TokenKind.Name, Characters.IdentifierLength(_source, _position));
            return;
        }
        if (first is '\'' or '"')
        {
            var length = StringLiteral.Measure(_source, _position);
            if (length < 0)
            {
                throw TemplateException.Syntax($"unexpected char {first}: the string has no end", _line);
            }
            Add(TokenKind.String, StringLiteral.Unescape(_source.AsSpan(_position + 1, length - 2), _line));
            Advance(_position + length);
            return;
        }
        var match = Array.Find(Operators, text => string.CompareOrdinal(_source, _position, text, 0, text.Length) == 0)
            ?? throw TemplateException.Syntax($"unexpected char '{first}'", _line);
        Balance(match, brackets);
        Emit(TokenKind.Operator, match.Length);
    }

    private void Balance(string text, Stack<char> brackets)
    {
        switch (text)
        {
            case "{":
                brackets.Push('}');
                break;
            case "(":
                brackets.Push(')');
                break;
            case "[":
                brackets.Push(']');
                break;
            case "}" or ")" or "]":
                if (!brackets.TryPop(out var expected))
                {
                    throw TemplateException.Syntax($"unexpected '{text}'", _line);
                }
                if (expected != text[0])
                {
                    throw TemplateException.Syntax($"unexpected '{text}', expected '{expected}'", _line);
                }
                break;
        }
    }

    private void Emit(TokenKind kind, int length)
    {
        Add(kind, _source.Substring(_position, length));
        Advance(_position + length);
    }

    private void Add(TokenKind kind, string text) => _tokens.Add(new(kind, text, _line));

    private void Advance(int to)
    {
        if (to == _position)
        {
            return;
        }
        _line += _source.AsSpan(_position, to - _position).Count('\n');
        _position = to;
        _lineStarting = _source[to - 1] == '\n';
    }

    private int SkipSpace(int position)
    {
        while (position < _source.Length && Characters.IsSpace(_source[position]))
        {
            position++;
        }
        return position;
    }
}
