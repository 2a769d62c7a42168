using Gateway.Engine;

namespace Gateway.Tests.Testing;

internal static class Engines
{
    /// <summary>The engine, which is one of this process.</summary>
    public static InProcessEngine Here(this LoadedEngine? engine) => Assert.IsType<InProcessEngine>(engine);
}
