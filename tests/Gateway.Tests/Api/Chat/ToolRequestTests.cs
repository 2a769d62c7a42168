using System.Text;
using Gateway.Api;
using Gateway.Api.Chat;

namespace Gateway.Tests.Api.Chat;

/// <summary>Tools, calls and JSON formats in requests to a local model: what is taken, and what each mistake is called.</summary>
public sealed class ToolRequestTests
{
    private const string Tool = """{"type":"function","function":{"name":"f","parameters":{"type":"object"}}}""";
    private const string Call = """{"id":"c1","type":"function","function":{"name":"f","arguments":"{}"}}""";
    private const string SecondCall = """{"id":"c2","type":"function","function":{"name":"f","arguments":"{}"}}""";
    private const string User = """{"role":"user","content":"a"}""";

    [Theory]
    [InlineData("""[5]""", "tools[0]", "invalid_type")]
    [InlineData("""[{}]""", "tools[0].type", "missing_required_parameter")]
    [InlineData("""[{"type":"custom","custom":{"name":"f"}}]""", "tools[0].type", "unsupported_value")]
    [InlineData("""[{"type":"web_search"}]""", "tools[0].type", "unsupported_value")]
    [InlineData("""[{"type":"function"}]""", "tools[0].function", "missing_required_parameter")]
    [InlineData("""[{"type":"function","function":{}}]""", "tools[0].function.name", "missing_required_parameter")]
    [InlineData("""[{"type":"function","function":{"name":""}}]""", "tools[0].function.name", "invalid_value")]
    [InlineData("""[{"type":"function","function":{"name":"é"}}]""", "tools[0].function.name", "invalid_value")]
    [InlineData("""[{"type":"function","function":{"name":"a234567890b234567890c234567890d234567890e234567890f234567890g2345"}}]""", "tools[0].function.name", "invalid_value")]
    [InlineData("""[{"type":"function","function":{"name":"f"}},{"type":"function","function":{"name":"f"}}]""", "tools[1].function.name", "invalid_value")]
    [InlineData("""[{"type":"function","function":{"name":"f","parameters":true}}]""", "tools[0].function.parameters", "invalid_type")]
    [InlineData("""[{"type":"function","function":{"name":"f","parameters":{"type":"array"}}}]""", "tools[0].function.parameters.type", "invalid_function_parameters")]
    [InlineData("""[{"type":"function","function":{"name":"f","strict":"yes"}}]""", "tools[0].function.strict", "invalid_type")]
    [InlineData("""[{"type":"function","function":{"name":"f","returns":{}}}]""", "tools[0].function.returns", "unknown_parameter")]
    [InlineData("""[{"type":"function","function":{"name":"f"},"x":1}]""", "tools[0].x", "unknown_parameter")]
    public void A_bad_tool_is_refused_by_its_path(string tools, string param, string code) => AssertRefused($$"""{"messages":[{{User}}],"tools":{{tools}}}""", param, code);

    [Theory]
    [InlineData(""" "sometimes" """, "tool_choice", "invalid_value")]
    [InlineData("5", "tool_choice", "invalid_type")]
    [InlineData("""{"type":"function"}""", "tool_choice.function.name", "missing_required_parameter")]
    [InlineData("""{"type":"function","function":{"name":"g"}}""", "tool_choice.function.name", "invalid_value")]
    [InlineData("""{"type":"custom","custom":{"name":"f"}}""", "tool_choice.type", "unsupported_value")]
    [InlineData("""{"type":"allowed_tools"}""", "tool_choice.allowed_tools", "missing_required_parameter")]
    [InlineData("""{"type":"allowed_tools","allowed_tools":{"mode":"any","tools":[]}}""", "tool_choice.allowed_tools.mode", "invalid_value")]
    [InlineData("""{"type":"allowed_tools","allowed_tools":{"mode":"auto","tools":[]}}""", "tool_choice.allowed_tools.tools", "invalid_value")]
    [InlineData("""{"type":"allowed_tools","allowed_tools":{"mode":"auto","tools":[{"type":"function","function":{"name":"g"}}]}}""", "tool_choice.allowed_tools.tools[0].function.name", "invalid_value")]
    public void A_bad_choice_is_refused_by_its_path(string choice, string param, string code) =>
        AssertRefused($$"""{"messages":[{{User}}],"tools":[{{Tool}}],"tool_choice":{{choice}}}""", param, code);

    [Theory]
    [InlineData(""" "required" """)]
    [InlineData(""" "auto" """)]
    [InlineData("""{"type":"function","function":{"name":"f"}}""")]
    public void A_choice_without_tools_is_refused(string choice) =>
        AssertRefused($$"""{"messages":[{{User}}],"tool_choice":{{choice}}}""", "tool_choice", "invalid_parameter_combination");

    [Theory]
    [InlineData("""{"role":"tool","content":"r","tool_call_id":"c1"}""", "messages[0].tool_call_id")]
    [InlineData($$"""{{User}},{"role":"tool","content":"r","tool_call_id":"c1"}""", "messages[1].tool_call_id")]
    [InlineData($$"""{{User}},{"role":"assistant","tool_calls":[{{Call}}]},{"role":"tool","content":"r","tool_call_id":"c2"}""", "messages[2].tool_call_id")]
    [InlineData($$"""{{User}},{"role":"assistant","tool_calls":[{{Call}}]},{"role":"tool","content":"r","tool_call_id":"c1"},{"role":"tool","content":"r","tool_call_id":"c1"}""", "messages[3].tool_call_id")]
    [InlineData($$"""{{User}},{"role":"assistant","tool_calls":[{{Call}}]}""", "messages[1].tool_calls[0].id")]
    [InlineData($$"""{{User}},{"role":"assistant","tool_calls":[{{Call}}]},{{User}}""", "messages[1].tool_calls[0].id")]
    [InlineData($$"""{{User}},{"role":"assistant","tool_calls":[{{Call}},{{SecondCall}}]},{"role":"tool","content":"r","tool_call_id":"c1"},{{User}}""", "messages[1].tool_calls[1].id")]
    [InlineData($$"""{{User}},{"role":"assistant","tool_calls":[{{Call}},{{Call}}]}""", "messages[1].tool_calls[1].id")]
    [InlineData("""{"role":"assistant","tool_calls":[{"id":"c1","type":"function","function":{"name":"f","arguments":"[]"}}]}""", "messages[0].tool_calls[0].function.arguments")]
    [InlineData("""{"role":"assistant","tool_calls":[{"id":"c1","type":"function","function":{"name":"f","arguments":"{"}}]}""", "messages[0].tool_calls[0].function.arguments")]
    public void Calls_and_results_that_do_not_fit_each_other_are_refused(string messages, string param) =>
        AssertRefused($$"""{"messages":[{{messages}}]}""", param, "invalid_value");

    [Theory]
    [InlineData("""{"role":"assistant","content":null}""", "messages[0].content", "missing_required_parameter")]
    [InlineData("""{"role":"tool","content":"r"}""", "messages[0].tool_call_id", "missing_required_parameter")]
    [InlineData("""{"role":"user","content":"a","tool_call_id":"c1"}""", "messages[0].tool_call_id", "invalid_value")]
    [InlineData($$"""{"tool_calls":[{{Call}}],"role":"user","content":"a"}""", "messages[0].tool_calls", "invalid_value")]
    [InlineData("""{"role":"user","content":"a","reasoning_content":"x"}""", "messages[0].reasoning_content", "invalid_value")]
    [InlineData("""{"role":"assistant","content":"a","tool_calls":[]}""", "messages[0].tool_calls", "empty_array")]
    [InlineData("""{"role":"assistant","tool_calls":[{"type":"function","function":{"name":"f","arguments":"{}"}}]}""", "messages[0].tool_calls[0].id", "missing_required_parameter")]
    [InlineData("""{"role":"assistant","tool_calls":[{"id":"c1","type":"custom","custom":{}}]}""", "messages[0].tool_calls[0].type", "unsupported_value")]
    [InlineData("""{"role":"assistant","content":"a","function_call":{"name":"f"}}""", "messages[0].function_call", "unsupported_parameter")]
    [InlineData("""{"role":"user","content":[{"type":"input_audio","input_audio":{}}]}""", "messages[0].content[0].type", "unsupported_value")]
    public void A_bad_message_is_refused_by_its_path(string message, string param, string code) => AssertRefused($$"""{"messages":[{{message}}]}""", param, code);

    [Theory]
    [InlineData("""{"type":"json_schema"}""", "response_format.json_schema", "missing_required_parameter")]
    [InlineData("""{"type":"json_schema","json_schema":{"schema":{}}}""", "response_format.json_schema.name", "missing_required_parameter")]
    [InlineData("""{"type":"json_schema","json_schema":{"name":"n"}}""", "response_format.json_schema.schema", "missing_required_parameter")]
    [InlineData("""{"type":"json_schema","json_schema":{"name":"a b","schema":{}}}""", "response_format.json_schema.name", "invalid_value")]
    [InlineData("""{"type":"json_schema","json_schema":{"name":"n","schema":[]}}""", "response_format.json_schema.schema", "invalid_type")]
    [InlineData("""{"type":"json_object","json_schema":{}}""", "response_format.json_schema", "unsupported_parameter")]
    [InlineData("""{"type":"grammar"}""", "response_format.type", "unsupported_value")]
    public void A_bad_format_is_refused_by_its_path(string format, string param, string code) =>
        AssertRefused($$"""{"messages":[{{User}}],"response_format":{{format}}}""", param, code);

    [Fact]
    public void A_conversation_with_calls_is_taken_and_results_get_their_tools_name()
    {
        var request = Read(
            $$$"""
            {"messages":[{{{User}}},{"role":"assistant","content":null,"refusal":null,"annotations":[],"tool_calls":[{{{Call}}}]},
             {"role":"tool","tool_call_id":"c1","content":[{"type":"text","text":"r"}]}],"tools":[{{{Tool}}}],
             "tool_choice":{"type":"allowed_tools","allowed_tools":{"mode":"required","tools":[{"type":"function","function":{"name":"f"} }]} }}
            """,
            out var error);

        Assert.Null(error);
        Assert.Equal(("f", "c1", "r"), (request!.Messages[2].Name, request.Messages[2].ToolCallId, request.Messages[2].Content));
        Assert.Equal("f", Assert.Single(request.ToolChoice.Of(request.Tools)).Name);
        Assert.Equal(ToolMode.Required, request.ToolChoice.Mode);
    }

    private static void AssertRefused(string body, string param, string code)
    {
        _ = Read(body, out var error);
        Assert.Equal((400, param, code), (error!.Status, error.Param, error.Code));
    }

    private static ChatRequest? Read(string body, out ApiError? error)
    {
        using var document = RequestFields.Parse(Encoding.UTF8.GetBytes(body), out error);
        return ChatRequest.Read(document!.RootElement, out error);
    }
}
