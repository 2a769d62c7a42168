namespace Gateway.Benchmarks.EngineVs;

/// <summary>Text that no server has seen: words at random, a token each with most vocabularies.</summary>
internal sealed class ColdText
{
    private static readonly string[] Words =
        ("river house people water light green story small large early night paper stone music voice table window market summer winter doctor garden bread money "
        + "horse train ocean island letter number school teacher bridge forest mountain village morning evening kitchen picture animal weather history science "
        + "language country city street road field farm ship plane engine metal glass cloth silver gold iron fire wind rain snow cloud star moon sun earth").Split(' ');

    // Each process its own text; the rounds within one differ by the position in the sequence.
    private readonly Random _random = new(Environment.ProcessId);

    public string Of(int words) => string.Join(' ', Enumerable.Range(0, words).Select(_ => Words[_random.Next(Words.Length)]));
}
