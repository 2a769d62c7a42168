-- What kinds of personal data a request held, and how much of each: br_cpf=2,email=1. Never what, nor where.
ALTER TABLE exchanges ADD COLUMN findings TEXT;
