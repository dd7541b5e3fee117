-- A mesma marcação, escrita como função do PostgreSQL: o que o servidor faz, um pedido por transação. Serve de medida ao
-- servidor, com bench/reserva.pgbench; usa o esquema que ele cria, num banco que ele já abriu.
--
--     psql "$BANCO" -f bench/reserva.sql
--     pgbench "$BANCO" -n -f bench/reserva.pgbench -c 50 -j 2 -T 10 -M prepared \
--       -D especialidade="CLINICO GERAL" -D dia1=2026-11-30 -D dia2=2026-12-01
--
-- Como no servidor: a primeira hora livre do dia (720 de 2 minutos), um ativo por CPF e especialidade, um só vencedor
-- para cada hora. A trava do dia é o que dá isso; sem ela todos tentariam a mesma hora e esperariam uns pelos outros.

DROP TABLE IF EXISTS bench_hora;
CREATE TABLE bench_hora (hora text COLLATE "C" PRIMARY KEY);
INSERT INTO bench_hora
  SELECT to_char(make_time(n / 30, n % 30 * 2, 0), 'HH24:MI') FROM generate_series(0, 719) AS n;
ANALYZE bench_hora;

CREATE OR REPLACE FUNCTION reserva(p_cpf text, p_especialidade text, p_data text)
RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  livre text;
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended(p_especialidade || p_data, 0));
  IF EXISTS (SELECT FROM agendamento WHERE cpf = p_cpf AND especialidade = p_especialidade AND ativo) THEN
    RETURN 'ERRO-111';
  END IF;
  SELECT hora INTO livre FROM bench_hora AS horario
  WHERE NOT EXISTS (
    SELECT FROM agendamento AS a
    WHERE a.especialidade = p_especialidade AND a.data = p_data AND a.hora = horario.hora AND a.cancelado_em IS NULL)
  ORDER BY hora LIMIT 1;
  IF livre IS NULL THEN
    RETURN 'ERRO-110';
  END IF;
  INSERT INTO agendamento (cpf, nome, especialidade, profissional, data, hora, minutos, criado_em, origem, ativo)
  VALUES (p_cpf, 'MARIA DA SILVA', p_especialidade, '', p_data, livre, 2, now()::text, 'pgbench', true);
  RETURN livre;
END $$;

CREATE OR REPLACE FUNCTION cancela(p_cpf text) RETURNS bigint LANGUAGE sql AS $$
  WITH feito AS (
    UPDATE agendamento SET cancelado_em = now()::text, ativo = false WHERE cpf = p_cpf AND ativo RETURNING id)
  SELECT count(*) FROM feito
$$;
