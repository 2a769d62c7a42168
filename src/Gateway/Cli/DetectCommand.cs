using System.CommandLine;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Gateway.Privacy;

namespace Gateway.Cli;

/// <summary><c>gateway detect</c>: finds personal data in the lines of a file, so that operators can try the detectors on texts of their own.</summary>
internal static class DetectCommand
{
    private const string Shape = "a line is an object such as {\"id\": \"1\", \"text\": \"CPF 529.982.247-25\"}";
    private const int WriteAt = 32 * 1024;

    public static Command Create()
    {
        var file = new Argument<string>("FILE.jsonl") { Description = "Lines of {\"id\", \"text\"}; - reads them from standard input." };
        var command = new Command("detect", "Find personal data in texts: for each line {\"id\", \"entities\": [{\"type\", \"start\", \"end\"}]}, counted in Unicode code points.") { file };
        command.SetAction(parse => Run(parse.GetValue(file)!, parse.InvocationConfiguration));
        return command;
    }

    private static int Run(string path, InvocationConfiguration console)
    {
        try
        {
            using var reader = path == "-" ? new StreamReader(Console.OpenStandardInput()) : new StreamReader(path);
            return Run(reader, path == "-" ? "standard input" : path, console);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            console.Error.WriteLine($"{path}: the file does not exist");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            console.Error.WriteLine($"{path}: the file cannot be read: {e.Message}");
        }

        return ExitCode.Failed;
    }

    private static int Run(TextReader reader, string name, InvocationConfiguration console)
    {
        var detector = new PersonalDataDetector();
        var (found, output) = (new List<PersonalDataSpan>(), new StringBuilder());
        var code = ExitCode.Ok;
        for (var number = 1; reader.ReadLine() is { } line; number++)
        {
            if (string.IsNullOrWhiteSpace(line))
            {
                continue;
            }

            if (!TryRead(line, out var id, out var text))
            {
                console.Error.WriteLine($"{name}:{number}: {Shape}");
                code = ExitCode.Failed;
                continue;
            }

            found.Clear();
            if (!detector.Detect(text, found))
            {
                console.Error.WriteLine($"{name}:{number}: the text is more than is looked at in one piece; what its end holds is not told");
                code = ExitCode.Failed;
            }

            Append(output, id, text, found);
            if (output.Length >= WriteAt)
            {
                console.Output.Write(output);
                output.Clear();
            }
        }

        console.Output.Write(output);
        return code;
    }

    private static bool TryRead(string line, out string id, out string text)
    {
        (id, text) = ("", "");
        try
        {
            using var document = JsonDocument.Parse(line);
            if (document.RootElement.ValueKind != JsonValueKind.Object
                || !document.RootElement.TryGetProperty("id", out var idElement) || idElement.ValueKind is not (JsonValueKind.String or JsonValueKind.Number)
                || !document.RootElement.TryGetProperty("text", out var textElement) || textElement.ValueKind != JsonValueKind.String)
            {
                return false;
            }

            // The raw text: an id is given back as it came, and half of a surrogate pair is no error.
            id = idElement.GetRawText();
            text = JsonText.Read(Encoding.UTF8.GetBytes(textElement.GetRawText()[1..^1]));
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static void Append(StringBuilder output, string id, string text, List<PersonalDataSpan> found)
    {
        output.Append("{\"id\": ").Append(id).Append(", \"entities\": [");
        var (units, points) = (0, 0);
        for (var i = 0; i < found.Count; i++)
        {
            var start = Points(found[i].Start);
            output.Append(CultureInfo.InvariantCulture, $"{(i > 0 ? ", " : "")}{{\"type\": \"{found[i].Kind}\", \"start\": {start}, \"end\": {Points(found[i].End)}}}");
        }

        output.Append("]}\n");

        // Places only grow. A pair of surrogates is one code point; half of one counts as one too.
        int Points(int until)
        {
            for (; units < until; units++)
            {
                points += char.IsLowSurrogate(text[units]) && units > 0 && char.IsHighSurrogate(text[units - 1]) ? 0 : 1;
            }

            return points;
        }
    }
}
