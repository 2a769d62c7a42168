-- What kinds of personal data a request held, and how much of each: br_cpf=2,email=1. Never what, nor where.
ALTER TABLE exchanges ADD COLUMN findings TEXT;

-- Of those what had a placeholder in what the deployment got, and what its answer said that the request did not.
ALTER TABLE exchanges ADD COLUMN redacted TEXT;
ALTER TABLE exchanges ADD COLUMN answer_findings TEXT;
