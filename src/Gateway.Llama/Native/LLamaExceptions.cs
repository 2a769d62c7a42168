namespace LLama.Exceptions;

/// <summary>libllama could not do what was asked; why is in its log only.</summary>
internal class RuntimeError(string message) : Exception(message);

/// <summary>libllama could not load a model file.</summary>
internal sealed class LoadWeightsFailedException(string modelPath) : RuntimeError($"Failed to load model '{modelPath}'");

/// <summary>An entry of the last batch has no logits: it did not ask for them, or the model makes none.</summary>
internal sealed class GetLogitsInvalidIndexException(int index) : RuntimeError($"llama_get_logits_ith({index}) returned null");
