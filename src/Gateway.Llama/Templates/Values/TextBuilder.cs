using System.Text;
using Gateway.Llama.Templates.Runtime;

namespace Gateway.Llama.Templates.Values;

/// <summary>Puts a text together and remembers which stretches of it are the caller's.</summary>
internal sealed class TextBuilder(RenderState state)
{
    private readonly StringBuilder _text = new();
    private readonly List<TextSpan> _untrusted = [];

    public RenderState State { get; } = state;

    public int Length => _text.Length;

    /// <summary>Adds the template's own text.</summary>
    public TextBuilder Append(string text)
    {
        Grow(text.Length);
        _text.Append(text);
        return this;
    }

    public TextBuilder Append(char character)
    {
        Grow(1);
        _text.Append(character);
        return this;
    }

    public TextBuilder Append(StringValue value) => Append(value, 0, value.Text.Length);

    /// <summary>Adds a part of a string, in UTF-16 code units.</summary>
    public TextBuilder Append(StringValue value, int start, int length)
    {
        Grow(length);
        if (!value.Taint.IsNone)
        {
            value.Taint.CopyTo(_untrusted, start, length, _text.Length);
        }
        _text.Append(value.Text, start, length);
        return this;
    }

    /// <summary>Adds a text that came of another in a way that keeps no positions.</summary>
    public TextBuilder Append(string text, Taint of)
    {
        Grow(text.Length);
        if (!of.IsNone)
        {
            Taint.Add(_untrusted, new(_text.Length, text.Length));
        }
        _text.Append(text);
        return this;
    }

    public TextBuilder AppendRepeated(StringValue value, long count)
    {
        State.CheckLength(_text.Length + Math.Max(count, 0) * value.Text.Length);
        for (var i = 0L; i < count; i++)
        {
            Append(value);
        }
        return this;
    }

    public StringValue ToValue(bool isMarkup = false) =>
        _text.Length == 0 && !isMarkup ? StringValue.Empty : new(_text.ToString(), Taint.Of(_untrusted, _text.Length), isMarkup);

    public PromptText ToPrompt() => new(_text.ToString(), [.. _untrusted]);

    private void Grow(int length) => State.ExtendText(_text.Length, length);
}
