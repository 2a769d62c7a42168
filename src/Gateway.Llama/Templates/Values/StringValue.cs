using Gateway.Llama.Templates.Builtins;
using Gateway.Llama.Templates.Runtime;

namespace Gateway.Llama.Templates.Values;

/// <summary>
/// A string. Positions that templates see count code points, as in Python; <see cref="Text"/> and <see cref="Taint"/> count UTF-16 code
/// units.
/// </summary>
// text: the characters.
// taint: which of them are the caller's.
// isMarkup: whether it went through safe or escape: such a string escapes what is added to it.
internal sealed class StringValue(string text, Taint taint = default, bool isMarkup = false) : Value
{
    private const sbyte Unknown = -1;
    private const int CharactersPerWeight = 16;

    private sbyte _hasSurrogates = Unknown;

    public static StringValue Empty { get; } = new("");

    public override string TypeName => IsMarkup ? "Markup" : "str";

    public string Text { get; } = text;

    public Taint Taint { get; } = taint;

    public bool IsMarkup { get; } = isMarkup;

    public override bool IsTrue => Text.Length > 0;

    /// <summary>A string is as heavy as what takes as long to compare.</summary>
    public override int Weight => 1 + Text.Length / CharactersPerWeight;

    public override int? Length => CodePoints.Count(this);

    /// <summary>Whether code points and code units differ in number.</summary>
    public bool HasSurrogates
    {
        get
        {
            if (_hasSurrogates == Unknown)
            {
                _hasSurrogates = (sbyte)(Text.AsSpan().ContainsAnyInRange('\uD800', '\uDFFF') ? 1 : 0);
            }
            return _hasSurrogates == 1;
        }
    }

    public static StringValue Concat(RenderState state, StringValue left, StringValue right)
    {
        if (left.Text.Length == 0 && !left.IsMarkup)
        {
            return right;
        }
        if (right.Text.Length == 0 && left.IsMarkup == right.IsMarkup)
        {
            return left;
        }
        state.AllocateText((long)left.Text.Length + right.Text.Length);
        var isMarkup = left.IsMarkup;
        if (left.Taint.IsNone && right.Taint.IsNone)
        {
            return new(left.Text + right.Text, Taint.None, isMarkup);
        }
        var spans = new List<TextSpan>();
        left.Taint.CopyTo(spans, 0, left.Text.Length, 0);
        right.Taint.CopyTo(spans, 0, right.Text.Length, left.Text.Length);
        var text = left.Text + right.Text;
        return new(text, Taint.Of(spans, text.Length), isMarkup);
    }

    /// <summary>A part, in UTF-16 code units.</summary>
    public StringValue Substring(RenderState state, int start, int length)
    {
        if (length == Text.Length)
        {
            return this;
        }
        if (length <= 0)
        {
            return IsMarkup ? new("", Taint.None, isMarkup: true) : Empty;
        }
        state.AllocateText(length);
        var part = Text.Substring(start, length);
        if (!Taint.IsMixed)
        {
            return new(part, Taint, IsMarkup);
        }
        var spans = new List<TextSpan>();
        Taint.CopyTo(spans, start, length, 0);
        return new(part, Taint.Of(spans, length), IsMarkup);
    }

    /// <summary>The string with each stretch of one origin put through a function by itself.</summary>
    public StringValue Map(RenderState state, Func<string, string> function)
    {
        if (!Taint.IsMixed)
        {
            var mapped = function(Text);
            state.AllocateText(mapped.Length);
            return new(mapped, Taint, IsMarkup);
        }
        var output = new TextBuilder(state);
        var position = 0;
        foreach (var span in Taint.Spans)
        {
            output.Append(function(Text[position..span.Start]));
            output.Append(function(Text.Substring(span.Start, span.Length)), Taint.Whole);
            position = span.End;
        }
        return output.Append(function(Text[position..])).ToValue(IsMarkup);
    }

    public StringValue AsMarkup() => IsMarkup ? this : new(Text, Taint, isMarkup: true);

    public StringValue AsPlain() => IsMarkup ? new(Text, Taint) : this;

    public override StringValue ToText(RenderState state) => AsPlain();

    public override void WriteText(TextBuilder output) => output.Append(this);

    public override void WriteRepr(TextBuilder output)
    {
        if (IsMarkup)
        {
            output.Append("Markup(");
        }
        StringRepr.Write(output, this);
        if (IsMarkup)
        {
            output.Append(')');
        }
    }

    public override Value? GetItem(RenderState state, Value key) =>
        key is IntegerValue { Number: var index } ? CodePoints.At(state, this, index) : null;

    public override bool Contains(RenderState state, Value item)
    {
        if (item is not StringValue other)
        {
            throw TemplateException.Evaluation($"'in <string>' requires string as left operand, not {item.TypeName}");
        }
        state.StepSearch(Text.Length, other.Text.Length);
        return Text.Contains(other.Text, StringComparison.Ordinal);
    }

    public override IEnumerator<Value>? TryIterate(RenderState state) => CodePoints.Walk(state, AsPlain());

    public override IEnumerator<Value>? TryIterateBackwards(RenderState state) => CodePoints.WalkBackwards(state, AsPlain());

    public override Value? GetAttribute(RenderState state, string name) => StringMethods.Find(this, name);
}
