namespace Gateway.Llama.Tests.Gguf;

/// <summary>A file with <see cref="GgufBuilder.Model"/> or what a test makes of it.</summary>
internal sealed class TemporaryModel : IDisposable
{
    public TemporaryModel(Action<GgufBuilder>? change = null)
    {
        var builder = GgufBuilder.Model();
        change?.Invoke(builder);
        Path = System.IO.Path.GetTempFileName();
        File.WriteAllBytes(Path, builder.ToBytes());
    }

    public string Path { get; }

    public void Dispose() => File.Delete(Path);
}
