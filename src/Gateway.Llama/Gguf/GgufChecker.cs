using Gateway.Llama.Gguf.Checks;

namespace Gateway.Llama.Gguf;

/// <summary>
/// Tells whether libllama could load and run a file, without libllama: everything that is known to end its process, to make it read where
/// nothing is, or to be served wrongly. All problems are found, not only the first.
/// </summary>
public static class GgufChecker
{
    /// <summary>Checks a file that should be a model.</summary>
    /// <param name="file">The file.</param>
    /// <param name="readWeights">Whether the weights are read too; it takes as long as reading the file.</param>
    /// <param name="cancellationToken">Ends the check.</param>
    /// <returns>What is wrong, in the order of the file; empty when it can be loaded.</returns>
    public static IReadOnlyList<GgufProblem> CheckModel(GgufFile file, bool readWeights = true, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(file);
        return CheckModel(new ModelMetadata(file), readWeights, cancellationToken);
    }

    /// <summary>Checks a file that should be a LoRA adapter.</summary>
    /// <param name="file">The file.</param>
    /// <param name="model">The model that it is for, where that is known.</param>
    /// <param name="readWeights">As for a model.</param>
    /// <param name="cancellationToken">Ends the check.</param>
    /// <returns>What is wrong, in the order of the file; empty when it can be loaded.</returns>
    public static IReadOnlyList<GgufProblem> CheckAdapter(
        GgufFile file, GgufFile? model, bool readWeights = true, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(file);
        var problems = Copy(file);
        if (file.HasAllMetadata)
        {
            new AdapterCheck(file, model is null ? null : new ModelMetadata(model), problems).Run();
        }

        if (readWeights)
        {
            WeightCheck.Run(file, problems, cancellationToken);
        }

        return problems.List;
    }

    internal static IReadOnlyList<GgufProblem> CheckModel(ModelMetadata model, bool readWeights, CancellationToken cancellationToken)
    {
        var problems = Copy(model.File);

        // Where a part could not be read, what is said of it would be wrong.
        if (model.File.HasAllMetadata && ArchitectureCheck.Run(model, problems))
        {
            var knowsShapes = new HyperparameterCheck(model, problems).Run();
            new TokenizerCheck(model, problems).Run();
            TemplateCheck.Run(model.File, problems);
            if (model.File.HasAllTensors)
            {
                TensorTypeCheck.Run(model, problems);
                if (knowsShapes)
                {
                    new TensorShapeCheck(model, problems).Run();
                }
            }
        }

        if (readWeights)
        {
            WeightCheck.Run(model.File, problems, cancellationToken);
        }

        return problems.List;
    }

    private static GgufProblems Copy(GgufFile file)
    {
        var problems = new GgufProblems();
        foreach (var problem in file.Problems)
        {
            problems.Add(problem.Field, problem.Message);
        }

        return problems;
    }
}
