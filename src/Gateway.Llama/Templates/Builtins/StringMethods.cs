using System.Numerics;
using System.Text;
using Gateway.Llama.Templates.Runtime;
using Gateway.Llama.Templates.Values;

namespace Gateway.Llama.Templates.Builtins;

/// <summary>Methods of Python's <c>str</c>.</summary>
internal static class StringMethods
{
    private static readonly MethodTable<StringValue> All = new()
    {
        { "split", "sep=, maxsplit=", (state, self, a) => SplitBy(state, self, a, fromEnd: false) },
        { "rsplit", "sep=, maxsplit=", (state, self, a) => SplitBy(state, self, a, fromEnd: true) },
        { "splitlines", "keepends=",
            (state, self, a) => new ListValue([.. StringSearch.SplitLines(state, self, a[0]?.IsTrue ?? false)]) },
        { "strip", "chars=, /", (state, self, a) => StringSearch.Strip(state, self, OptionalText(a[0]), start: true, end: true) },
        { "lstrip", "chars=, /", (state, self, a) => StringSearch.Strip(state, self, OptionalText(a[0]), start: true, end: false) },
        { "rstrip", "chars=, /", (state, self, a) => StringSearch.Strip(state, self, OptionalText(a[0]), start: false, end: true) },
        { "replace", "old, new, count=, /", Replace },
        { "startswith", "prefix, start=, end=, /", (state, self, a) => HasAffix(state, self, a, atStart: true) },
        { "endswith", "suffix, start=, end=, /", (state, self, a) => HasAffix(state, self, a, atStart: false) },
        { "removeprefix", "prefix, /", (state, self, a) => Text(a[0]!).Text is var prefix
            && self.Text.StartsWith(prefix, StringComparison.Ordinal)
            ? self.Substring(state, prefix.Length, self.Text.Length - prefix.Length)
            : self },
        { "removesuffix", "suffix, /", (state, self, a) => Text(a[0]!).Text is var suffix
            && self.Text.EndsWith(suffix, StringComparison.Ordinal)
            ? self.Substring(state, 0, self.Text.Length - suffix.Length)
            : self },
        { "upper", "", (state, self, _) => self.Map(state, CaseMapping.Upper) },
        { "lower", "", (state, self, _) => self.Map(state, CaseMapping.Lower) },
        { "casefold", "", (state, self, _) => self.Map(state, CaseMapping.Fold) },
        { "swapcase", "", (state, self, _) => self.Map(state, CaseMapping.SwapCase) },
        { "title", "", (state, self, _) => Whole(state, self, CaseMapping.Title) },
        { "capitalize", "", (state, self, _) => Capitalize(state, self) },
        { "find", "sub, start=, end=, /", (state, self, a) => IntValue.Of(Find(state, self, a, fromEnd: false)) },
        { "rfind", "sub, start=, end=, /", (state, self, a) => IntValue.Of(Find(state, self, a, fromEnd: true)) },
        { "index", "sub, start=, end=, /", (state, self, a) => Index(Find(state, self, a, fromEnd: false)) },
        { "rindex", "sub, start=, end=, /", (state, self, a) => Index(Find(state, self, a, fromEnd: true)) },
        { "count", "sub, start=, end=, /", Count },
        { "join", "iterable, /", (state, self, a) => Join(state, self, a[0]!) },
        { "partition", "sep, /", (state, self, a) => Partition(state, self, Text(a[0]!), fromEnd: false) },
        { "rpartition", "sep, /", (state, self, a) => Partition(state, self, Text(a[0]!), fromEnd: true) },
        { "zfill", "width, /", ZeroFill },
        { "ljust", "width, fillchar=, /", (state, self, a) => Pad(state, self, a, (_, _) => 0) },
        { "rjust", "width, fillchar=, /", (state, self, a) => Pad(state, self, a, (padding, _) => padding) },
        { "center", "width, fillchar=, /", (state, self, a) => Pad(state, self, a, CenterLeft) },
        { "expandtabs", "tabsize=", ExpandTabs },
        { "isdigit", "", (_, self, _) => Each(self, Characters.IsDigit) },
        { "isdecimal", "", (_, self, _) => Each(self, Characters.IsDecimal) },
        { "isnumeric", "", (_, self, _) => Each(self, Rune.IsNumber) },
        { "isalpha", "", (_, self, _) => Each(self, Characters.IsAlpha) },
        { "isalnum", "", (_, self, _) => Each(self, rune => Characters.IsAlpha(rune) || Rune.IsNumber(rune)) },
        { "isspace", "", (_, self, _) => Each(self, rune => rune.IsBmp && Characters.IsSpace((char)rune.Value)) },
        { "isascii", "", (_, self, _) => BoolValue.Of(Ascii.IsValid(self.Text)) },
        { "isprintable", "", (_, self, _) =>
            BoolValue.Of(self.Text.Length == 0 || self.Text.EnumerateRunes().All(rune => StringRepr.IsPrintable(rune.Value))) },
        { "isidentifier", "", (_, self, _) => BoolValue.Of(self.Text.Length > 0
            && Characters.IsIdentifierStart(self.Text, 0) && Characters.IdentifierLength(self.Text, 0) == self.Text.Length) },
        { "islower", "", (_, self, _) => BoolValue.Of(CaseMapping.IsLower(self.Text)) },
        { "isupper", "", (_, self, _) => BoolValue.Of(CaseMapping.IsUpper(self.Text)) },
        { "istitle", "", (_, self, _) => BoolValue.Of(CaseMapping.IsTitle(self.Text)) },
        { "format", (state, self, arguments) => StrFormat.Format(state, self, arguments) },
        { "format_map", "mapping, /", (state, self, a) => StrFormat.FormatMap(state, self, a[0]!) },
        { "encode", Unsupported("encode") },
        { "translate", Unsupported("translate") },
        { "maketrans", Unsupported("maketrans") },
    };

    public static Value? Find(StringValue self, string name) => All.Find(self, name);

    /// <summary>A string argument; anything else is an error.</summary>
    public static StringValue Text(Value value) => value switch
    {
        StringValue text => text,
        UndefinedValue undefined => throw undefined.Error(),
        _ => throw TemplateException.Evaluation($"must be str, not {value.TypeName}"),
    };

    /// <summary>A string argument that may be left out or none.</summary>
    public static StringValue? OptionalText(Value? value) => value is null or NoneValue ? null : Text(value);

    /// <summary>A whole number as an argument; one that is not given is <paramref name="absent"/>.</summary>
    public static long Integer(Value? value, long absent) => value switch
    {
        null => absent,
        IntegerValue integer => (long)BigInteger.Max(BigInteger.Min(integer.Number, int.MaxValue), int.MinValue),
        UndefinedValue undefined => throw undefined.Error(),
        _ => throw TemplateException.Evaluation($"'{value.TypeName}' object cannot be interpreted as an integer"),
    };

    public static StringValue Join(RenderState state, StringValue separator, Value items)
    {
        var output = new TextBuilder(state);
        var isFirst = true;
        var values = items.TryIterate(state) ?? throw TemplateException.Evaluation("can only join an iterable");
        while (values.MoveNext())
        {
            state.Step();
            if (!isFirst)
            {
                output.Append(separator);
            }
            isFirst = false;
            if (separator.IsMarkup)
            {
                output.Append(Html.Escape(state, values.Current.ToText(state)));
                continue;
            }
            output.Append(values.Current is StringValue text
                ? text
                : throw TemplateException.Evaluation($"sequence item: expected str instance, {values.Current.TypeName} found"));
        }
        return output.ToValue(separator.IsMarkup);
    }

    public static StringValue Capitalize(RenderState state, StringValue self) => Whole(state, self, CaseMapping.Capitalize);

    public static StringValue Center(RenderState state, StringValue self, long width) =>
        Pad(state, self, [IntValue.Of(width), null], CenterLeft);

    /// <summary>A mapping that looks at neighbours: one over parts of both origins spreads to the whole.</summary>
    private static StringValue Whole(RenderState state, StringValue self, Func<string, string> map)
    {
        var mapped = map(self.Text);
        state.AllocateText(mapped.Length);
        return new(mapped, mapped.Length == self.Text.Length ? self.Taint : self.Taint.Spread(), self.IsMarkup);
    }

    private static Func<RenderState, StringValue, Arguments, Value> Unsupported(string name) =>
        (_, _, _) => throw TemplateException.Unsupported($"str.{name}()");

    private static ListValue SplitBy(RenderState state, StringValue self, Value?[] a, bool fromEnd) =>
        new([.. StringSearch.Split(state, self, OptionalText(a[0]), Integer(a[1], -1), fromEnd)]);

    private static StringValue Replace(RenderState state, StringValue self, Value?[] a)
    {
        var replacement = Text(a[1]!);
        replacement = self.IsMarkup ? Html.Escape(state, replacement) : replacement;
        return StringSearch.Replace(state, self, Text(a[0]!), replacement, Integer(a[2], -1));
    }

    /// <summary>The part between two positions in code points, as UTF-16 code units; null where it starts beyond the end.</summary>
    private static (int Start, int End)? Range(StringValue self, Value? start, Value? end)
    {
        var length = CodePoints.Count(self);
        var from = start is null or NoneValue ? 0 : Integer(start, 0);
        var to = end is null or NoneValue ? length : Integer(end, 0);
        from = Math.Max(from < 0 ? from + length : from, 0);
        to = Math.Clamp(to < 0 ? to + length : to, 0, length);
        return from > to ? null : (CodePoints.ToUnits(self, (int)from), CodePoints.ToUnits(self, (int)to));
    }

    private static int Find(RenderState state, StringValue self, Value?[] a, bool fromEnd)
    {
        var sub = Text(a[0]!).Text;
        state.StepSearch(self.Text.Length, sub.Length);
        if (Range(self, a[1], a[2]) is not var (start, end))
        {
            return -1;
        }
        var part = self.Text.AsSpan(start, end - start);
        var at = fromEnd ? part.LastIndexOf(sub, StringComparison.Ordinal) : part.IndexOf(sub, StringComparison.Ordinal);
        return at < 0 ? -1 : CodePoints.FromUnits(self, start + at);
    }

    private static IntValue Index(int found) =>
        found >= 0 ? IntValue.Of(found) : throw TemplateException.Evaluation("substring not found");

    private static IntValue Count(RenderState state, StringValue self, Value?[] a)
    {
        var sub = Text(a[0]!).Text;
        state.StepSearch(self.Text.Length, sub.Length);
        if (Range(self, a[1], a[2]) is not var (start, end))
        {
            return IntValue.Of(0);
        }
        var part = self.Text.AsSpan(start, end - start);
        return IntValue.Of(sub.Length == 0 ? CodePoints.Count(part) + 1 : part.Count(sub));
    }

    private static BoolValue HasAffix(RenderState state, StringValue self, Value?[] a, bool atStart)
    {
        var affixes = a[0] switch
        {
            TupleValue tuple => tuple.Items,
            StringValue text => [text],
            UndefinedValue undefined => throw undefined.Error(),
            _ => throw TemplateException.Evaluation(
                $"{(atStart ? "startswith" : "endswith")} first arg must be str or a tuple of str, not {a[0]!.TypeName}"),
        };
        state.Step(1 + affixes.Length);
        if (Range(self, a[1], a[2]) is not var (start, end))
        {
            return BoolValue.False;
        }
        foreach (var affix in affixes)
        {
            var part = self.Text.AsSpan(start, end - start);
            var wanted = Text(affix).Text;
            if (atStart ? part.StartsWith(wanted, StringComparison.Ordinal) : part.EndsWith(wanted, StringComparison.Ordinal))
            {
                return BoolValue.True;
            }
        }
        return BoolValue.False;
    }

    private static TupleValue Partition(RenderState state, StringValue self, StringValue separator, bool fromEnd)
    {
        if (separator.Text.Length == 0)
        {
            throw TemplateException.Evaluation("empty separator");
        }
        state.StepSearch(self.Text.Length, separator.Text.Length);
        var at = fromEnd
            ? self.Text.LastIndexOf(separator.Text, StringComparison.Ordinal)
            : self.Text.IndexOf(separator.Text, StringComparison.Ordinal);
        if (at < 0)
        {
            return new(fromEnd ? [StringValue.Empty, StringValue.Empty, self] : [self, StringValue.Empty, StringValue.Empty]);
        }
        var after = at + separator.Text.Length;
        return new([
            self.Substring(state, 0, at),
            self.Substring(state, at, separator.Text.Length),
            self.Substring(state, after, self.Text.Length - after)]);
    }

    private static StringValue ZeroFill(RenderState state, StringValue self, Value?[] a)
    {
        var padding = Integer(a[0], 0) - CodePoints.Count(self);
        if (padding <= 0)
        {
            return self;
        }
        var sign = self.Text.Length > 0 && self.Text[0] is '+' or '-' ? 1 : 0;
        return new TextBuilder(state).Append(self, 0, sign).AppendRepeated(new StringValue("0"), padding)
            .Append(self, sign, self.Text.Length - sign).ToValue(self.IsMarkup);
    }

    private static StringValue Pad(RenderState state, StringValue self, Value?[] a, Func<long, long, long> left)
    {
        var width = Integer(a[0], 0);
        var fill = a[1] is null ? new StringValue(" ") : Text(a[1]!);
        if (CodePoints.Count(fill) != 1)
        {
            throw TemplateException.Evaluation("the fill character must be exactly one character long");
        }
        var padding = width - CodePoints.Count(self);
        if (padding <= 0)
        {
            return self;
        }
        var before = left(padding, width);
        var output = new TextBuilder(state).AppendRepeated(fill, before).Append(self).AppendRepeated(fill, padding - before);
        return output.ToValue(self.IsMarkup);
    }

    // CPython's own rounding: the odd one goes to the left where the width is odd.
    private static long CenterLeft(long padding, long width) => padding / 2 + (padding & width & 1);

    private static StringValue ExpandTabs(RenderState state, StringValue self, Value?[] a)
    {
        var size = Integer(a[0], 8);
        var output = new TextBuilder(state);
        var column = 0L;
        for (var i = 0; i < self.Text.Length;)
        {
            var width = CodePoints.WidthAt(self.Text, i);
            if (self.Text[i] == '\t')
            {
                var padding = size > 0 ? size - column % size : 0;
                output.AppendRepeated(new StringValue(" "), padding);
                column += padding;
            }
            else
            {
                output.Append(self, i, width);
                column = self.Text[i] is '\n' or '\r' ? 0 : column + 1;
            }
            i += width;
        }
        return output.ToValue(self.IsMarkup);
    }

    private static BoolValue Each(StringValue self, Func<Rune, bool> test) =>
        BoolValue.Of(self.Text.Length > 0 && self.Text.EnumerateRunes().All(test));
}
