using System.Reflection;
using System.Runtime.CompilerServices;
using LLama.Native;

namespace Gateway.Llama.Tests.LLamaSharp;

/// <summary>For builds with the package only.</summary>
public sealed class PrivateMembersTests
{
    [Fact]
    public void What_the_package_keeps_private_is_there_under_the_names_that_are_used()
    {
        var accessors = typeof(LlamaEngine).Assembly.GetTypes()
            .SelectMany(type => type.GetMethods(BindingFlags.Static | BindingFlags.NonPublic))
            .Where(method => method.IsDefined(typeof(UnsafeAccessorAttribute)))
            .ToList();

        Assert.NotEmpty(accessors);
        foreach (var accessor in accessors)
        {
            // Throws when the member is not there, or of another shape.
            RuntimeHelpers.PrepareMethod(accessor.MethodHandle);
        }

        var vocabulary = typeof(SafeLlamaModelHandle).Assembly.GetType("LLama.Native.LLamaVocabNative");
        Assert.NotNull(vocabulary?.GetMethod("llama_vocab_get_add_sep"));
        Assert.NotNull(vocabulary.GetMethod("llama_vocab_get_text"));
    }
}
