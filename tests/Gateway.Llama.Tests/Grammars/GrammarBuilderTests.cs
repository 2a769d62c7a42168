using Gateway.Llama.Grammars;

namespace Gateway.Llama.Tests.Grammars;

public sealed class GrammarBuilderTests
{
    [Fact]
    public void Sequences_choices_and_repetitions()
    {
        var grammar = TestGrammars.Of(b => b.Sequence(b.Literal("<"), b.Repeat(b.Choice(b.Literal("ab"), b.Literal("é")), 2, 3), b.Literal(">")));

        Assert.True(grammar.Accepts("<abé>"));
        Assert.True(grammar.Accepts("<ééé>"));
        Assert.False(grammar.Accepts("<ab>"));
        Assert.False(grammar.Accepts("<abababab>"));
        Assert.False(grammar.Accepts("<abab"));
    }

    [Fact]
    public void Repetitions_in_repetitions_count_for_themselves()
    {
        var grammar = TestGrammars.Of(b => b.Repeat(b.Sequence(b.Repeat(b.Literal("a"), 1, 2), b.Literal(";")), 2, 2));

        Assert.True(grammar.Accepts("a;aa;"));
        Assert.False(grammar.Accepts("a;aaa;"));
        Assert.False(grammar.Accepts("a;a;a;"));
    }

    [Fact]
    public void Thousands_of_repetitions_cost_no_rules()
    {
        var grammar = TestGrammars.Of(b => b.Repeat(b.Literal("x"), 3000, 4000));

        Assert.True(grammar.Accepts(new string('x', 3000)));
        Assert.False(grammar.Accepts(new string('x', 2999)));
        Assert.False(grammar.Accepts(new string('x', 4001)));
    }

    [Fact]
    public void Until_does_not_hold_its_end()
    {
        var grammar = TestGrammars.Of(b => b.Sequence(b.Until("</x>"), b.Literal("</x>!")));

        Assert.True(grammar.Accepts("a </x b <</x>!"));
        Assert.True(grammar.Accepts("</x>!"));
        Assert.False(grammar.Accepts("a</x>b</x>!"));
    }

    [Fact]
    public void Any_json_nests_sixty_levels_and_no_more()
    {
        var grammar = TestGrammars.Of(b => b.AnyJson());

        Assert.True(grammar.Accepts(new string('[', 60) + new string(']', 60)));
        Assert.False(grammar.Accepts(new string('[', 61) + new string(']', 61)));
    }

    [Fact]
    public void At_the_deepest_level_what_must_be_there_still_fits()
    {
        // An array in an object: the object is not begun where the array would not fit any more.
        var grammar = TestGrammars.OfSchema("""{"type":"object","properties":{"c":{"type":"array","items":{"$ref":"#"}}},"required":["c"],"additionalProperties":false}""");
        var deep = string.Concat(Enumerable.Repeat("{\"c\":[", 30));

        Assert.True(grammar.Accepts(deep + string.Concat(Enumerable.Repeat("]}", 30))));
        Assert.False(grammar.Accepts(deep + "{\"c\":[]}" + string.Concat(Enumerable.Repeat("]}", 30))));
    }

    [Fact]
    public void Json_objects_and_no_other_values()
    {
        var grammar = TestGrammars.Of(b => b.JsonObject());

        Assert.True(grammar.Accepts("""{ "a": [1, {"b": null}], "c": -1.5e3 }"""));
        Assert.False(grammar.Accepts("[]"));
        Assert.False(grammar.Accepts("""{"a":01}"""));
        Assert.False(grammar.Accepts("""{"a":"\uD800"}"""));
        Assert.False(grammar.Accepts("{\"a\":\"\n\"}"));
    }

    [Fact]
    public void White_space_ends()
    {
        var grammar = TestGrammars.Of(b => b.JsonObject());

        Assert.True(grammar.Accepts("{\n" + new string(' ', 20) + "\"a\": 1\n}"));
        Assert.False(grammar.Accepts("{\n" + new string(' ', 50) + "\"a\": 1\n}"));
    }

    [Fact]
    public void Nodes_of_another_builder_are_refused()
    {
        var foreign = new GrammarBuilder().Literal("a");

        Assert.Throws<ArgumentException>(() => new GrammarBuilder().Sequence(foreign));
        Assert.Throws<ArgumentException>(() => new GrammarBuilder().Build(foreign));
    }

    [Fact]
    public void What_may_be_empty_is_not_repeated()
    {
        var builder = new GrammarBuilder();

        Assert.Throws<ArgumentException>(() => builder.Repeat(builder.Space(), 0, null));
    }

    [Fact]
    public void It_prints_itself_as_GBNF() => Assert.Equal(
        """
        root ::= n5
        n5 ::= "a" n4
        n4 ::= n3{1} n3{0,2}
        n3 ::= "b" | "\xE9"

        """,
        TestGrammars.Of(b =>
        {
            var a = b.Literal("a");
            return b.Sequence(a, b.Repeat(b.Choice(b.Literal("b"), b.Literal("é")), 1, 3));
        }).ToString());
}
