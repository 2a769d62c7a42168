using System.CommandLine;

namespace Gateway.Cli;

/// <summary><c>gateway models</c>: looks into model files without loading them.</summary>
internal static class ModelsCommand
{
    public static Command Create() => new("models", "Model files (GGUF).") { InspectCommand.Create(), RenderCommand.Create(), TryCommand.Create() };

    /// <summary>An argument that is the path of a file.</summary>
    public static Argument<string> FileArgument(string name, string description)
    {
        var file = new Argument<string>(name) { Description = description };
        file.Validators.Add(result =>
        {
            var path = result.GetValueOrDefault<string>();
            if (string.IsNullOrWhiteSpace(path))
            {
                result.AddError($"The path {name} is empty.");
            }
            else if (path.StartsWith('-'))
            {
                // System.CommandLine takes an unknown option for the argument.
                result.AddError($"There is no option {path}; a file of that name is ./{path}");
            }
        });
        return file;
    }
}
