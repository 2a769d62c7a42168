using Gateway.Llama.Chat;
using Gateway.Llama.Chat.Parsing;

namespace Gateway.Llama.Tests.Chat;

/// <summary>Outputs as models write them, each in one piece, cut at every place, and character by character.</summary>
public sealed class AnswerParserTests
{
    private static readonly Dictionary<string, ToolCallShape> Shapes = new(StringComparer.Ordinal)
    {
        ["hermes"] = JsonCallShape.Hermes,
        ["llama"] = new JsonCallShape { ArgumentsKey = "parameters", OptionalStarts = ["<|python_tag|>"] },
        ["mistral"] = new JsonCallShape { SectionStart = "[TOOL_CALLS]", IsArray = true, IdKey = "id" },
        ["functools"] = new JsonCallShape { SectionStart = " functools", IsArray = true },
        ["kimi"] = NamedCallShape.Kimi,
        ["mistral-small"] = new NamedCallShape { CallStart = "[TOOL_CALLS]", NameEnd = $"[CALL_ID]{Mark.Id}[ARGS]" },
        ["function"] = new NamedCallShape { CallStart = "<function=", NameEnd = ">", CallEnd = "</function>" },
        ["deepseek"] = new NamedCallShape
        {
            SectionStart = "<｜tool▁calls▁begin｜>",
            CallStart = "<｜tool▁call▁begin｜>function<｜tool▁sep｜>",
            NameEnd = "\n```json\n",
            CallEnd = "\n```<｜tool▁call▁end｜>",
            Separator = "\n",
            SectionEnd = "<｜tool▁calls▁end｜>",
        },
        ["coder"] = new TaggedCallShape
        {
            CallStart = "<tool_call>\n<function=",
            NameEnd = ">\n",
            ArgumentStart = "<parameter=",
            KeyEnd = ">\n",
            ValueEnd = "\n</parameter>\n",
            CallEnd = "</function>\n</tool_call>",
            Separator = "\n",
        },
        ["python"] = new CodeCallShape { SectionStart = "<|tool_call_start|>[", Separator = ", ", SectionEnd = "]<|tool_call_end|>" },
        ["gemma"] = new CodeCallShape
        {
            CallStart = "<|tool_call>call:",
            Open = "{",
            Close = "}",
            KeyEnd = ":",
            ArgumentSeparator = ",",
            Quote = "<|\"|>",
            CallEnd = "<tool_call|>",
        },
        ["glm"] = new TaggedCallShape
        {
            CallStart = "<tool_call>",
            ArgumentStart = "<arg_key>",
            KeyEnd = "</arg_key><arg_value>",
            ValueEnd = "</arg_value>",
            CallEnd = "</tool_call>",
        },
    };

    [Theory]
    [InlineData("hermes", "Lima.", "|text:Lima.")]
    [InlineData("hermes", " Lima.\n", "|text: Lima.\n")]
    [InlineData("hermes", "", "")]
    [InlineData("hermes", "<tool_call>\n{\"name\": \"get_weather\", \"arguments\": {\"city\": \"Lima\"}}\n</tool_call>", "|call 0:get_weather{\"city\": \"Lima\"}")]
    [InlineData("hermes", "<tool_call>{\"arguments\":{\"city\":\"}{\\\"\"},\"name\":\"get_weather\"}</tool_call>", "|call 0:get_weather{\"city\":\"}{\\\"\"}")]
    [InlineData("hermes", "Let me look.\n<tool_call>{\"name\":\"now\",\"arguments\":{}}</tool_call>\n<tool_call>{\"name\":\"now\",\"arguments\":{}}</tool_call>\nDone.",
        "|text:Let me look.|call 0:now{}|call 1:now{}|text:Done.")]
    [InlineData("hermes", "<tool_call>{\"name\":\"now\"}</tool_call>", "|call 0:now{}")]
    [InlineData("hermes", "<tool_call>{\"name\":\"get_weather\",\"arguments\":\"{\\\"city\\\":\\\"Lima\\\"}\"}</tool_call>", "|call 0:get_weather{\"city\":\"Lima\"}")]
    [InlineData("hermes", "<tool_call>{\"type\":\"function\",\"function\":{\"name\":\"now\",\"arguments\":{}}}</tool_call>", "|call 0:now{}")]
    [InlineData("hermes", "<tool_call>{\"name\":\"get_weather\",\"arguments\":{\"city\":\"Li", "|call 0:get_weather{\"city\":\"Li")]
    [InlineData("hermes", "<tool_call>\nnot JSON\n</tool_call>", "|text:<tool_call>\nnot JSON\n</tool_call>")]
    [InlineData("hermes", "<tool_call>{\"name\":\"unknown\",\"arguments\":{}}</tool_call>", "|text:<tool_call>{\"name\":\"unknown\",\"arguments\":{}}</tool_call>")]
    [InlineData("hermes", "<tool_call>{\"name\":\"no\"}<tool_call>{\"name\":\"now\",\"arguments\":{}}</tool_call>", "|text:<tool_call>{\"name\":\"no\"}|call 0:now{}")]
    [InlineData("hermes", "a <tool_cal and <tool_", "|text:a <tool_cal and <tool_")]
    [InlineData("hermes", "<tool_call>{\"name\":\"now", "|text:<tool_call>{\"name\":\"now")]
    [InlineData("hermes", "{\"name\":\"now\",\"arguments\":{}}", "|text:{\"name\":\"now\",\"arguments\":{}}")]
    [InlineData("llama", "{\"name\": \"get_weather\", \"parameters\": {\"city\": \"Lima\"}}", "|call 0:get_weather{\"city\": \"Lima\"}")]
    [InlineData("llama", "<|python_tag|>{\"type\": \"function\", \"name\": \"now\", \"parameters\": {}}", "|call 0:now{}")]
    [InlineData("llama", "{\"name\": \"now\", \"parameters\": {}}; {\"name\": \"get_weather\", \"parameters\": {\"city\": \"a;b\"}}", "|call 0:now{}|call 1:get_weather{\"city\": \"a;b\"}")]
    [InlineData("llama", "{\"city\": \"Lima\"}", "|text:{\"city\": \"Lima\"}")]
    [InlineData("llama", "{\"name\": \"Ana\", \"age\": 5}", "|text:{\"name\": \"Ana\", \"age\": 5}")]
    [InlineData("llama", "See {\"name\": \"now\", \"parameters\": {}}", "|text:See {\"name\": \"now\", \"parameters\": {}}")]
    [InlineData("mistral", "[TOOL_CALLS][{\"name\": \"now\", \"arguments\": {}, \"id\": \"abcdefghi\"}, {\"name\": \"get_weather\", \"arguments\": {\"city\": \"]\"}, \"id\": \"abcdefghj\"}]",
        "|call 0:now{}|call 1:get_weather{\"city\": \"]\"}")]
    [InlineData("functools", "import functools\nfunctools.reduce()", "|text:import functools\nfunctools.reduce()")]
    [InlineData("functools", " functools[{\"name\": \"now\", \"arguments\": {}}]", "|call 0:now{}")]
    [InlineData("kimi", "Wait.<|tool_calls_section_begin|><|tool_call_begin|>functions.get_weather:0<|tool_call_argument_begin|>{\"city\": \"Lima\"}<|tool_call_end|>"
        + "<|tool_call_begin|>functions.now:1<|tool_call_argument_begin|>{}<|tool_call_end|><|tool_calls_section_end|>", "|text:Wait.|call 0:get_weather{\"city\": \"Lima\"}|call 1:now{}")]
    [InlineData("mistral-small", "[TOOL_CALLS]get_weather[CALL_ID]abcdefghi[ARGS]{\"city\": \"Lima\"}[TOOL_CALLS]now[ARGS]{}", "|call 0:get_weather{\"city\": \"Lima\"}|call 1:now{}")]
    [InlineData("function", "<function=get_weather>{\"city\": \"</function>\"}</function>", "|call 0:get_weather{\"city\": \"</function>\"}")]
    [InlineData("function", "<function=now></function>", "|call 0:now{}")]
    [InlineData("deepseek", "<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>now\n```json\n{}\n```<｜tool▁call▁end｜>\n<｜tool▁call▁begin｜>function<｜tool▁sep｜>"
        + "get_weather\n```json\n{\"city\": \"Lima\"}\n```<｜tool▁call▁end｜><｜tool▁calls▁end｜>", "|call 0:now{}|call 1:get_weather{\"city\": \"Lima\"}")]
    [InlineData("coder", "<tool_call>\n<function=get_weather>\n<parameter=city>\nLima\n\"x\"\n</parameter>\n<parameter=days>\n3\n</parameter>\n</function>\n</tool_call>",
        "|call 0:get_weather{\"city\": \"Lima\\n\\\"x\\\"\", \"days\": 3}")]
    [InlineData("coder", "I look.\n\n<function=add>\n<parameter=terms>\n[1, 2.5]\n</parameter>\n<parameter=options>\n{\"round\": null}\n</parameter>\n</function>\n</tool_call>\n",
        "|text:I look.|call 0:add{\"terms\": [1, 2.5], \"options\": {\"round\": null}}")]
    [InlineData("coder", "<tool_call>\n<function=now>\n</function>\n</tool_call>\n<tool_call>\n<function=now>\n</function>\n</tool_call>", "|call 0:now{}|call 1:now{}")]
    [InlineData("coder", "<tool_call>\n<function=get_weather>\n<parameter=city>\n42\n</parameter>\nstray", "|call 0:get_weather{\"city\": \"42\"}|text:stray")]
    [InlineData("coder", "<tool_call>\n<function=get_weather>\n<parameter=city>\nLi", "|call 0:get_weather")]
    [InlineData("coder", "<tool_call>\n<function=get_weather>\n<parameter=city>\n</parameter>\n</function>\n</tool_call>", "|call 0:get_weather{\"city\": \"\"}")]
    [InlineData("glm", "<tool_call>get_weather<arg_key>city</arg_key><arg_value>Lima</arg_value>\n<arg_key>days</arg_key>\n<arg_value>3</arg_value></tool_call>",
        "|call 0:get_weather{\"city\": \"Lima\", \"days\": 3}")]
    [InlineData("python", "<|tool_call_start|>[get_weather(city='Lima, \\'x\\' )', days=3), now()]<|tool_call_end|>I look.",
        "|call 0:get_weather{\"city\": \"Lima, 'x' )\", \"days\": 3}|call 1:now{}|text:I look.")]
    [InlineData("python", "<|tool_call_start|>[add(terms=[1, -2.5, True, None], options={'round': None, \"deep\": {}})]<|tool_call_end|>",
        "|call 0:add{\"terms\": [1, -2.5, true, null], \"options\": {\"round\": null, \"deep\": {}}}")]
    [InlineData("python", "<|tool_call_start|>[get_weather(city=Lima)]<|tool_call_end|>", "|call 0:get_weather{}|text:city=Lima)]<|tool_call_end|>")]
    [InlineData("python", "<|tool_call_start|>[get_weather(city='Li", "|call 0:get_weather")]
    [InlineData("gemma", "<|tool_call>call:get_weather{city:<|\"|>Lima }'<|\"|>,days:3}<tool_call|><|tool_call>call:add{options:{deep:{a:[[],{}]},round:None},terms:[1,<|\"|>x<|\"|>]}<tool_call|>",
        "|call 0:get_weather{\"city\": \"Lima }'\", \"days\": 3}|call 1:add{\"options\": {\"deep\": {\"a\": [[], {}]}, \"round\": null}, \"terms\": [1, \"x\"]}")]
    [InlineData("glm", "<tool_call>now</tool_call>", "|call 0:now{}")]
    [InlineData("glm", "<tool_call>now and then</tool_call>", "|text:<tool_call>now and then</tool_call>")]
    public void Calls_are_told_from_text(string shape, string output, string expected) =>
        Assert.Equal(expected, ChatTesting.ReadHoweverCut(() => CreateParser(Shapes[shape]), output));

    [Theory]
    [InlineData(true, "I think.\n</think>\n\nLima.", "|thought:I think.|text:Lima.")]
    [InlineData(true, "<think>\nI think.</think>Lima.", "|thought:I think.|text:Lima.")]
    [InlineData(true, "I think </thin and go on", "|thought:I think </thin and go on")]
    [InlineData(true, "</think>\n\nLima.", "|text:Lima.")]
    [InlineData(true, "I call.</think>\n<tool_call>{\"name\":\"now\",\"arguments\":{}}</tool_call>", "|thought:I call.|call 0:now{}")]
    [InlineData(false, "<think>I think.</think>\n\nLima.", "|thought:I think.|text:Lima.")]
    [InlineData(false, "\n<think>\n\n</think>\n\nLima.", "|text:Lima.")]
    [InlineData(false, "Lima <think>is</think>.", "|text:Lima <think>is</think>.")]
    [InlineData(false, " <thi", "|text: <thi")]
    [InlineData(false, "<think>cut of", "|thought:cut of")]
    public void Thoughts_are_told_from_the_answer(bool isOpen, string output, string expected) =>
        Assert.Equal(expected, ChatTesting.ReadHoweverCut(() => CreateParser(JsonCallShape.Hermes, new ReasoningMarks("<think>", "</think>"), isOpen), output));

    [Theory]
    [InlineData("I look. <tool_call>{\"name\": \"get_", "|text:I look.")]
    [InlineData("<tool_call>", "")]
    [InlineData("<tool_call>{\"name\": \"get_weather\", \"arguments\": {\"ci", "|call 0:get_weather{\"ci")]
    [InlineData("1 <", "|text:1 <")]
    public void What_a_cut_answer_has_of_a_mark_is_left_out(string output, string expected) =>
        Assert.Equal(expected, ChatTesting.ReadHoweverCut(() => CreateParser(JsonCallShape.Hermes), output, wasCut: true));

    [Fact]
    public void Arguments_stream_as_they_come()
    {
        var parser = CreateParser(JsonCallShape.Hermes);
        var deltas = new List<AnswerDelta>();

        parser.Append("<tool_call>\n{\"name\": \"get_weather\", \"arguments\": {\"city\": \"Li", deltas);
        parser.Append("ma\"}}\n</tool", deltas);

        Assert.Equal(
            [(AnswerDeltaKind.Call, "get_weather"), (AnswerDeltaKind.Arguments, "{\"city\": \"Li"), (AnswerDeltaKind.Arguments, "ma\"}")],
            deltas.Select(d => (d.Kind, d.Text)));
    }

    [Fact]
    public void Further_calls_are_left_out_where_only_one_may_come()
    {
        const string call = "<tool_call>{\"name\":\"now\",\"arguments\":{}}</tool_call>";

        Assert.Equal("|call 0:now{}", ChatTesting.ReadHoweverCut(() => CreateParser(JsonCallShape.Hermes, mostCalls: 1), call + call));
    }

    [Fact]
    public void Text_knows_where_it_stood_in_the_output()
    {
        const string output = "<think>hm</think>\n\nI look. <tool_call>{\"name\":\"now\",\"arguments\":{}}</tool_call> So.";
        var parser = CreateParser(JsonCallShape.Hermes, new ReasoningMarks("<think>", "</think>"));
        var deltas = new List<AnswerDelta>();
        foreach (var character in output)
        {
            parser.Append(character.ToString(), deltas);
        }

        parser.Finish(deltas, wasCut: false);

        Assert.All(deltas.Where(d => d.Kind == AnswerDeltaKind.Content), d => Assert.Equal(d.Text, output.Substring(d.Start, d.Text.Length)));
        Assert.Equal("I look.So.", string.Concat(deltas.Where(d => d.Kind == AnswerDeltaKind.Content).Select(d => d.Text)));
    }

    private static AnswerParser CreateParser(ToolCallShape shape, ReasoningMarks? marks = null, bool isOpen = false, int mostCalls = int.MaxValue) => new(
        marks is null ? null : new ReasoningParser(marks, isOpen),
        shape.CreateParser(ChatTesting.Tools.ToDictionary(t => t.Name, StringComparer.Ordinal), mostCalls));
}
